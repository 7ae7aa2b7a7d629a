"""Seed a migrated database with as many events as a city has in a year, by SQL alone and the same every time."""

from typing import Final

from sqlalchemy import URL, create_engine, text

from anpr.plates import CONFUSABLES

CAMERAS: Final = 40
_EVENTS_PER_UPLOAD: Final = 500
_EVENTS_PER_VEHICLE: Final = 3

# Formats of five countries, by share: their first characters are as unevenly spread as real ones. Some vehicles pass
# far more often than others. One read in twenty is wrong: a look-alike, a lost character, or both.
_VEHICLES = """
CREATE TEMPORARY TABLE vehicles AS
SELECT n, CASE
    WHEN kind < 0.30 THEN (ARRAY['51', '50', '59', '29', '30', '61', '60', '43'])[1 + floor(power(random(), 2) * 8)]
        || chr(65 + floor(random() * 8)::int) || lpad(floor(random() * 100000)::text, 5, '0')
    WHEN kind < 0.55 THEN chr(65 + floor(random() * 26)::int) || chr(65 + floor(random() * 26)::int)
        || lpad(floor(power(random(), 0.5) * 25)::text, 2, '0') || pg_temp.letters(3)
    WHEN kind < 0.75 THEN (ARRAY['B', 'CJ', 'TM', 'IS', 'CT'])[1 + floor(power(random(), 2) * 5)]
        || lpad(floor(random() * 900 + 99)::text, 2, '0') || pg_temp.letters(3)
    WHEN kind < 0.90 THEN floor(1 + random() * 9)::text || pg_temp.letters(3)
        || lpad(floor(random() * 1000)::text, 3, '0')
    ELSE pg_temp.letters(2) || lpad(floor(random() * 1000)::text, 3, '0') || pg_temp.letters(2)
END AS plate
FROM (SELECT n, random() AS kind FROM generate_series(0, CAST(:vehicles AS int) - 1) AS n) AS drawn
"""

_EVENTS = """
INSERT INTO events (
    id, upload_id, camera_id, passage_no, plate, plate_key, raw_plate, readable, score, dscore, region_code,
    region_score, candidates, vehicle, box_xmin, box_ymin, box_xmax, box_ymax, first_frame, last_frame, best_frame,
    frames_seen, frames_agreeing, crop_key, frame_key, captured_at, first_seen_at, last_seen_at, processed_at,
    review_status, beyond_doubt
)
SELECT
    pg_temp.stable_uuid('event', n), upload_id, pg_temp.stable_uuid('camera', mod(upload_no, CAST(:cameras AS int))),
    passage_no, plate, translate(plate, :from, :to), plate, readable, score, 0.5 + random() / 2, NULL, NULL,
    jsonb_build_array(jsonb_build_object('plate', plate, 'score', score),
                      jsonb_build_object('plate', translate(plate, '0158', 'OISB'), 'score', score / 2)),
    NULL, 100, 200, 220, 240, 10, 40, 25, 30, 24,
    'crops/' || upload_id || '/' || lpad(passage_no::text, 6, '0') || '.jpg',
    'frames/' || upload_id || '/' || lpad(passage_no::text, 6, '0') || '.jpg',
    at, at - interval '1 second', at + interval '1 second', at + interval '2 minutes',
    CASE WHEN draw < 0.01 THEN 'corrected' WHEN draw < 0.05 THEN 'confirmed' ELSE 'unreviewed' END, false
FROM (
    SELECT passed.*, pg_temp.stable_uuid('upload', upload_no) AS upload_id,
        random() AS draw, 1 - power(random(), 3) / 2 AS score, random() > 0.04 AS readable,
        CASE WHEN misread < 0.03 THEN translate(vehicles.plate, '0158', 'OISB')
             WHEN misread < 0.05 THEN overlay(vehicles.plate PLACING '' FROM 1 + mod(passed.n, 5) FOR 1)
             ELSE vehicles.plate END AS plate
    FROM (
        SELECT n, n / CAST(:per_upload AS int) AS upload_no, mod(n, CAST(:per_upload AS int)) AS passage_no,
            timestamptz '2026-01-01Z' + n * (interval '365 days' / CAST(:events AS int)) AS at,
            random() AS misread, floor(power(random(), 2) * CAST(:vehicles AS int))::int AS vehicle
        FROM generate_series(CAST(:first AS int), CAST(:last AS int)) AS n
    ) AS passed JOIN vehicles ON vehicles.n = passed.vehicle
) AS reads
"""


def seed(url: URL, events: int) -> None:
    """Insert cameras, uploads and `events` events of the year 2026, and let PostgreSQL gather its statistics."""
    vehicles = events // _EVENTS_PER_VEHICLE
    # An engine of its own: VACUUM runs in no transaction, and the pool's ping begins one before the mode is changed.
    engine = create_engine(url.set(drivername="postgresql+pg8000"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("SELECT setseed(0.5)"))
        connection.execute(
            text(
                """CREATE FUNCTION pg_temp.letters(count int) RETURNS text LANGUAGE sql VOLATILE AS $$
                SELECT string_agg(chr(65 + floor(random() * 26)::int), '') FROM generate_series(1, count) $$"""
            )
        )
        connection.execute(
            text(
                """CREATE FUNCTION pg_temp.stable_uuid(kind text, n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
                SELECT md5(kind || n)::uuid $$"""
            )
        )
        connection.execute(text(_VEHICLES), {"vehicles": vehicles})
        connection.execute(
            text(
                """INSERT INTO cameras (id, name, description, time_zone, active)
                SELECT pg_temp.stable_uuid('camera', n), 'Camera ' || n, '', 'UTC', true
                FROM generate_series(0, CAST(:cameras AS int) - 1) AS n"""
            ),
            {"cameras": CAMERAS},
        )
        connection.execute(
            text(
                """INSERT INTO uploads (
                    id, camera_id, file_name, content_type, size_bytes, captured_at, status, attempts, progress,
                    frames_done, events_count, unreadable_count, replacements, kind)
                SELECT pg_temp.stable_uuid('upload', n),
                    pg_temp.stable_uuid('camera', mod(n, CAST(:cameras AS int))), n || '.mp4', 'video/mp4', 1,
                    timestamptz '2026-01-01Z', 'succeeded', 1, 1, 1, CAST(:per_upload AS int), 0, 0, 'file'
                FROM generate_series(0, CAST(:last AS int)) AS n"""
            ),
            {"cameras": CAMERAS, "per_upload": _EVENTS_PER_UPLOAD, "last": events // _EVENTS_PER_UPLOAD},
        )
        parameters = {
            "cameras": CAMERAS,
            "per_upload": _EVENTS_PER_UPLOAD,
            "from": "".join(CONFUSABLES),
            "to": "".join(CONFUSABLES.values()),
            "events": events,
            "vehicles": vehicles,
        }
        step = 100_000
        for first in range(0, events, step):
            connection.execute(text(_EVENTS), {**parameters, "first": first, "last": min(first + step, events) - 1})
        connection.execute(text("VACUUM ANALYZE"))
    engine.dispose()
