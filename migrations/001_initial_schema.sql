-- The schema of an empty database, for the SQL editor of a Supabase project; written by
-- `python -m anpr.adapters.supabase.schema` from the migrations, and not to be edited. One transaction: all or nothing.
-- docs/supabase.md says when to use this, and when `migrate`. The bucket of footage is taken to be called `anpr`.

BEGIN;

CREATE SCHEMA IF NOT EXISTS anpr;
CREATE SCHEMA IF NOT EXISTS extensions;
CREATE EXTENSION IF NOT EXISTS citext WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA extensions;
CREATE EXTENSION IF NOT EXISTS fuzzystrmatch WITH SCHEMA extensions;
SET LOCAL search_path = anpr, extensions, public;

CREATE TABLE anpr.alembic_version (
    version_num VARCHAR(32) NOT NULL, 
    CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);

-- Running upgrade  -> 0001

CREATE EXTENSION IF NOT EXISTS citext;

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE EXTENSION IF NOT EXISTS fuzzystrmatch;

CREATE TABLE audit_logs (
    seq BIGINT NOT NULL, 
    at TIMESTAMP WITH TIME ZONE NOT NULL, 
    actor_id UUID, 
    actor VARCHAR NOT NULL, 
    action VARCHAR NOT NULL, 
    target VARCHAR NOT NULL, 
    reason VARCHAR, 
    detail JSONB NOT NULL, 
    request_id VARCHAR, 
    previous_hash BYTEA NOT NULL, 
    hash BYTEA NOT NULL, 
    CONSTRAINT pk_audit_logs PRIMARY KEY (seq)
);

CREATE INDEX ix_audit_logs_action_at ON audit_logs (action, at);

CREATE INDEX ix_audit_logs_actor_id_at ON audit_logs (actor_id, at);

CREATE TABLE cameras (
    id UUID NOT NULL, 
    name VARCHAR NOT NULL, 
    description VARCHAR NOT NULL, 
    latitude DOUBLE PRECISION, 
    longitude DOUBLE PRECISION, 
    heading DOUBLE PRECISION, 
    region_hint VARCHAR, 
    time_zone VARCHAR NOT NULL, 
    active BOOLEAN NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_cameras PRIMARY KEY (id), 
    CONSTRAINT ck_cameras_position CHECK ((latitude IS NULL) = (longitude IS NULL)), 
    CONSTRAINT ck_cameras_heading CHECK (heading >= 0 AND heading < 360), 
    CONSTRAINT ck_cameras_latitude CHECK (latitude BETWEEN -90 AND 90), 
    CONSTRAINT ck_cameras_longitude CHECK (longitude BETWEEN -180 AND 180), 
    CONSTRAINT uq_cameras_name UNIQUE (name)
);

CREATE TABLE outbox (
    id UUID NOT NULL, 
    seq BIGINT GENERATED ALWAYS AS IDENTITY, 
    type VARCHAR NOT NULL, 
    subject VARCHAR NOT NULL, 
    data JSONB NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    published_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_outbox PRIMARY KEY (id), 
    CONSTRAINT uq_outbox_seq UNIQUE (seq)
);

CREATE INDEX ix_outbox_published_at ON outbox (published_at);

CREATE INDEX ix_outbox_unpublished ON outbox (seq) WHERE published_at IS NULL;

CREATE TABLE signing_keys (
    kid VARCHAR NOT NULL, 
    public_key_pem VARCHAR NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    retired_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_signing_keys PRIMARY KEY (kid)
);

CREATE TABLE users (
    id UUID NOT NULL, 
    email CITEXT NOT NULL, 
    full_name VARCHAR NOT NULL, 
    password_hash VARCHAR NOT NULL, 
    role VARCHAR(20) NOT NULL, 
    active BOOLEAN NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    last_login_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_users PRIMARY KEY (id), 
    CONSTRAINT uq_users_email UNIQUE (email), 
    CONSTRAINT ck_users_role CHECK (role IN ('admin', 'reviewer', 'viewer'))
);

CREATE TABLE refresh_tokens (
    id UUID NOT NULL, 
    family_id UUID NOT NULL, 
    user_id UUID NOT NULL, 
    expires_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    used_at TIMESTAMP WITH TIME ZONE, 
    revoked_at TIMESTAMP WITH TIME ZONE, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_refresh_tokens PRIMARY KEY (id), 
    CONSTRAINT fk_refresh_tokens_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE
);

CREATE INDEX ix_refresh_tokens_family_id ON refresh_tokens (family_id);

CREATE INDEX ix_refresh_tokens_user_id ON refresh_tokens (user_id);

CREATE TABLE uploads (
    id UUID NOT NULL, 
    camera_id UUID NOT NULL, 
    created_by UUID, 
    file_name VARCHAR NOT NULL, 
    content_type VARCHAR NOT NULL, 
    size_bytes BIGINT NOT NULL, 
    captured_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    idempotency_key VARCHAR, 
    status VARCHAR(20) NOT NULL, 
    attempts INTEGER NOT NULL, 
    progress DOUBLE PRECISION NOT NULL, 
    frames_done INTEGER NOT NULL, 
    duration_s DOUBLE PRECISION, 
    events_count INTEGER NOT NULL, 
    unreadable_count INTEGER NOT NULL, 
    warning VARCHAR, 
    failure_reason VARCHAR, 
    claim_token UUID, 
    queued_at TIMESTAMP WITH TIME ZONE, 
    started_at TIMESTAMP WITH TIME ZONE, 
    heartbeat_at TIMESTAMP WITH TIME ZONE, 
    finished_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_uploads PRIMARY KEY (id), 
    CONSTRAINT ck_uploads_progress CHECK (progress BETWEEN 0 AND 1), 
    CONSTRAINT uq_uploads_created_by_idempotency_key UNIQUE (created_by, idempotency_key), 
    CONSTRAINT fk_uploads_camera_id FOREIGN KEY(camera_id) REFERENCES cameras (id), 
    CONSTRAINT fk_uploads_created_by FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL, 
    CONSTRAINT ck_uploads_uploadstatus CHECK (status IN ('awaiting_file', 'queued', 'processing', 'succeeded', 'failed', 'expired'))
);

CREATE INDEX ix_uploads_camera_id_created_at ON uploads (camera_id, created_at);

CREATE INDEX ix_uploads_created_at_id ON uploads (created_at, id);

CREATE INDEX ix_uploads_unfinished ON uploads (status, created_at) WHERE status IN ('awaiting_file', 'queued', 'processing');

CREATE TABLE events (
    id UUID NOT NULL, 
    upload_id UUID NOT NULL, 
    camera_id UUID NOT NULL, 
    passage_no INTEGER NOT NULL, 
    plate VARCHAR COLLATE "C" NOT NULL, 
    plate_key VARCHAR COLLATE "C" NOT NULL, 
    raw_plate VARCHAR NOT NULL, 
    readable BOOLEAN NOT NULL, 
    score DOUBLE PRECISION NOT NULL, 
    dscore DOUBLE PRECISION NOT NULL, 
    region_code VARCHAR, 
    region_score DOUBLE PRECISION, 
    candidates JSONB NOT NULL, 
    vehicle JSONB, 
    box_xmin DOUBLE PRECISION NOT NULL, 
    box_ymin DOUBLE PRECISION NOT NULL, 
    box_xmax DOUBLE PRECISION NOT NULL, 
    box_ymax DOUBLE PRECISION NOT NULL, 
    first_frame INTEGER NOT NULL, 
    last_frame INTEGER NOT NULL, 
    best_frame INTEGER NOT NULL, 
    frames_seen INTEGER NOT NULL, 
    frames_agreeing INTEGER NOT NULL, 
    crop_key VARCHAR NOT NULL, 
    frame_key VARCHAR NOT NULL, 
    captured_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    first_seen_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    last_seen_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    processed_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    review_status VARCHAR(20) NOT NULL, 
    CONSTRAINT pk_events PRIMARY KEY (id), 
    CONSTRAINT fk_events_camera_id FOREIGN KEY(camera_id) REFERENCES cameras (id), 
    CONSTRAINT fk_events_upload_id FOREIGN KEY(upload_id) REFERENCES uploads (id), 
    CONSTRAINT uq_events_upload_id_passage_no UNIQUE (upload_id, passage_no), 
    CONSTRAINT ck_events_reviewstatus CHECK (review_status IN ('unreviewed', 'confirmed', 'corrected', 'rejected'))
);

CREATE INDEX ix_events_camera_id_captured_at_id ON events (camera_id, captured_at, id);

CREATE INDEX ix_events_captured_at_id ON events (captured_at, id);

CREATE INDEX ix_events_plate_captured_at_id ON events (plate, captured_at, id);

CREATE INDEX ix_events_plate_key_captured_at ON events (plate_key, captured_at);

CREATE INDEX ix_events_plate_trgm ON events USING gin (plate gin_trgm_ops) WITH (fastupdate = off);

CREATE INDEX ix_events_plate_key_trgm ON events USING gin (plate_key gin_trgm_ops) WITH (fastupdate = off);

CREATE INDEX ix_events_review_status_captured_at_id ON events (review_status, captured_at, id);

CREATE FUNCTION audit_logs_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'the audit log is append-only';
        END $$;

CREATE TRIGGER audit_logs_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_logs
        FOR EACH STATEMENT EXECUTE FUNCTION audit_logs_refuse_change();

INSERT INTO anpr.alembic_version (version_num) VALUES ('0001') RETURNING anpr.alembic_version.version_num;

-- Running upgrade 0001 -> 0002

CREATE TABLE bolo_revision (
    id INTEGER NOT NULL, 
    revision INTEGER NOT NULL, 
    CONSTRAINT pk_bolo_revision PRIMARY KEY (id), 
    CONSTRAINT ck_bolo_revision_single CHECK (id = 1)
);

CREATE TABLE bolo_lists (
    id UUID NOT NULL, 
    name VARCHAR NOT NULL, 
    description VARCHAR NOT NULL, 
    priority VARCHAR(20) NOT NULL, 
    active BOOLEAN NOT NULL, 
    alert_interval_s INTEGER NOT NULL, 
    topic VARCHAR, 
    created_by UUID, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_bolo_lists PRIMARY KEY (id), 
    CONSTRAINT ck_bolo_lists_alert_interval CHECK (alert_interval_s >= 0), 
    CONSTRAINT fk_bolo_lists_created_by FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL, 
    CONSTRAINT uq_bolo_lists_name UNIQUE (name), 
    CONSTRAINT ck_bolo_lists_priority CHECK (priority IN ('low', 'normal', 'high', 'critical'))
);

CREATE TABLE webhook_endpoints (
    id UUID NOT NULL, 
    url VARCHAR NOT NULL, 
    description VARCHAR NOT NULL, 
    event_types VARCHAR[] NOT NULL, 
    list_ids UUID[], 
    secret BYTEA NOT NULL, 
    previous_secret BYTEA, 
    previous_secret_until TIMESTAMP WITH TIME ZONE, 
    active BOOLEAN NOT NULL, 
    failing_since TIMESTAMP WITH TIME ZONE, 
    disabled_at TIMESTAMP WITH TIME ZONE, 
    disabled_reason VARCHAR, 
    created_by UUID, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_webhook_endpoints PRIMARY KEY (id), 
    CONSTRAINT fk_webhook_endpoints_created_by FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL
);

CREATE TABLE bolo_subscriptions (
    id UUID NOT NULL, 
    list_id UUID NOT NULL, 
    channel VARCHAR(20) NOT NULL, 
    address VARCHAR NOT NULL, 
    reference VARCHAR NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_bolo_subscriptions PRIMARY KEY (id), 
    CONSTRAINT fk_bolo_subscriptions_list_id FOREIGN KEY(list_id) REFERENCES bolo_lists (id) ON DELETE CASCADE, 
    CONSTRAINT uq_bolo_subscriptions_list_id_channel_address UNIQUE (list_id, channel, address), 
    CONSTRAINT ck_bolo_subscriptions_channel CHECK (channel IN ('email', 'sms'))
);

CREATE TABLE bolos (
    id UUID NOT NULL, 
    list_id UUID NOT NULL, 
    kind VARCHAR(20) NOT NULL, 
    pattern VARCHAR NOT NULL, 
    pattern_key VARCHAR NOT NULL, 
    edit_variants VARCHAR[], 
    tolerance VARCHAR(20) NOT NULL, 
    region VARCHAR, 
    vehicle VARCHAR NOT NULL, 
    reason VARCHAR NOT NULL, 
    case_number VARCHAR, 
    valid_from TIMESTAMP WITH TIME ZONE, 
    valid_until TIMESTAMP WITH TIME ZONE, 
    active BOOLEAN NOT NULL, 
    created_by UUID, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_bolos PRIMARY KEY (id), 
    CONSTRAINT ck_bolos_tolerance_kind CHECK (tolerance = 'none' OR kind <> 'regex'), 
    CONSTRAINT ck_bolos_validity CHECK (valid_until > valid_from), 
    CONSTRAINT fk_bolos_created_by FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL, 
    CONSTRAINT fk_bolos_list_id FOREIGN KEY(list_id) REFERENCES bolo_lists (id) ON DELETE CASCADE, 
    CONSTRAINT uq_bolos_entry UNIQUE NULLS NOT DISTINCT (list_id, kind, pattern, region, case_number), 
    CONSTRAINT ck_bolos_bolokind CHECK (kind IN ('exact', 'wildcard', 'regex')), 
    CONSTRAINT ck_bolos_tolerance CHECK (tolerance IN ('none', 'confusables', 'one_edit'))
);

CREATE INDEX ix_bolos_created_at_id ON bolos (created_at, id);

CREATE INDEX ix_bolos_edit_variants ON bolos USING gin (edit_variants) WITH (fastupdate = off) WHERE kind = 'exact' AND active AND tolerance = 'one_edit';

CREATE INDEX ix_bolos_exact ON bolos (pattern) WHERE kind = 'exact' AND active;

CREATE INDEX ix_bolos_list_id_created_at_id ON bolos (list_id, created_at, id);

CREATE INDEX ix_bolos_patterns ON bolos (id) WHERE kind <> 'exact' AND active;

CREATE INDEX ix_bolos_tolerant ON bolos (pattern_key) WHERE kind = 'exact' AND active AND tolerance <> 'none';

CREATE TABLE bolo_matches (
    id UUID NOT NULL, 
    event_id UUID NOT NULL, 
    bolo_id UUID NOT NULL, 
    list_id UUID NOT NULL, 
    camera_id UUID NOT NULL, 
    plate VARCHAR NOT NULL, 
    vehicle_key VARCHAR NOT NULL, 
    matched_by VARCHAR(20) NOT NULL, 
    reviewed BOOLEAN NOT NULL, 
    historical BOOLEAN NOT NULL, 
    alert BOOLEAN NOT NULL, 
    duplicate_of UUID, 
    status VARCHAR(20) NOT NULL, 
    status_note VARCHAR NOT NULL, 
    status_by UUID, 
    status_at TIMESTAMP WITH TIME ZONE, 
    captured_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    passage_ended_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    first_notified_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_bolo_matches PRIMARY KEY (id), 
    CONSTRAINT fk_bolo_matches_bolo_id FOREIGN KEY(bolo_id) REFERENCES bolos (id), 
    CONSTRAINT fk_bolo_matches_camera_id FOREIGN KEY(camera_id) REFERENCES cameras (id), 
    CONSTRAINT fk_bolo_matches_duplicate_of FOREIGN KEY(duplicate_of) REFERENCES bolo_matches (id) ON DELETE SET NULL, 
    CONSTRAINT fk_bolo_matches_event_id FOREIGN KEY(event_id) REFERENCES events (id) ON DELETE CASCADE, 
    CONSTRAINT fk_bolo_matches_list_id FOREIGN KEY(list_id) REFERENCES bolo_lists (id), 
    CONSTRAINT fk_bolo_matches_status_by FOREIGN KEY(status_by) REFERENCES users (id) ON DELETE SET NULL, 
    CONSTRAINT uq_bolo_matches_event_id_bolo_id UNIQUE (event_id, bolo_id), 
    CONSTRAINT ck_bolo_matches_matchedby CHECK (matched_by IN ('exact', 'wildcard', 'regex', 'confusable', 'candidate', 'one_edit')), 
    CONSTRAINT ck_bolo_matches_hitstatus CHECK (status IN ('unverified', 'verified', 'wrong_read', 'wrong_vehicle', 'dismissed', 'withdrawn'))
);

CREATE INDEX ix_bolo_matches_alerts ON bolo_matches (bolo_id, camera_id, vehicle_key, captured_at) WHERE alert;

CREATE INDEX ix_bolo_matches_bolo_id_captured_at_id ON bolo_matches (bolo_id, captured_at, id);

CREATE INDEX ix_bolo_matches_camera_id_captured_at_id ON bolo_matches (camera_id, captured_at, id);

CREATE INDEX ix_bolo_matches_captured_at_id ON bolo_matches (captured_at, id);

CREATE INDEX ix_bolo_matches_duplicate_of ON bolo_matches (duplicate_of) WHERE duplicate_of IS NOT NULL;

CREATE INDEX ix_bolo_matches_list_id_captured_at_id ON bolo_matches (list_id, captured_at, id);

CREATE INDEX ix_bolo_matches_status_captured_at_id ON bolo_matches (status, captured_at, id);

CREATE TABLE bolo_notices (
    message_id UUID NOT NULL, 
    match_id UUID, 
    sent_at TIMESTAMP WITH TIME ZONE, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_bolo_notices PRIMARY KEY (message_id), 
    CONSTRAINT fk_bolo_notices_match_id FOREIGN KEY(match_id) REFERENCES bolo_matches (id) ON DELETE CASCADE
);

CREATE INDEX ix_bolo_notices_match_id ON bolo_notices (match_id);

CREATE TABLE webhook_deliveries (
    id UUID NOT NULL, 
    endpoint_id UUID NOT NULL, 
    message_id UUID NOT NULL, 
    type VARCHAR NOT NULL, 
    match_id UUID, 
    payload JSONB NOT NULL, 
    status VARCHAR(20) NOT NULL, 
    attempts INTEGER NOT NULL, 
    due_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    lease_until TIMESTAMP WITH TIME ZONE, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    delivered_at TIMESTAMP WITH TIME ZONE, 
    since_hit_s DOUBLE PRECISION, 
    since_passage_s DOUBLE PRECISION, 
    CONSTRAINT pk_webhook_deliveries PRIMARY KEY (id), 
    CONSTRAINT fk_webhook_deliveries_endpoint_id FOREIGN KEY(endpoint_id) REFERENCES webhook_endpoints (id) ON DELETE CASCADE, 
    CONSTRAINT fk_webhook_deliveries_match_id FOREIGN KEY(match_id) REFERENCES bolo_matches (id) ON DELETE CASCADE, 
    CONSTRAINT uq_webhook_deliveries_endpoint_id_message_id UNIQUE (endpoint_id, message_id), 
    CONSTRAINT ck_webhook_deliveries_deliverystatus CHECK (status IN ('pending', 'delivered', 'failed'))
);

CREATE INDEX ix_webhook_deliveries_created_at ON webhook_deliveries (created_at);

CREATE INDEX ix_webhook_deliveries_due ON webhook_deliveries (due_at) WHERE status = 'pending';

CREATE INDEX ix_webhook_deliveries_endpoint_id_created_at_id ON webhook_deliveries (endpoint_id, created_at, id);

CREATE INDEX ix_webhook_deliveries_match_id ON webhook_deliveries (match_id);

CREATE TABLE webhook_attempts (
    id UUID NOT NULL, 
    delivery_id UUID NOT NULL, 
    at TIMESTAMP WITH TIME ZONE NOT NULL, 
    duration_ms DOUBLE PRECISION NOT NULL, 
    status_code INTEGER, 
    response VARCHAR NOT NULL, 
    error VARCHAR, 
    CONSTRAINT pk_webhook_attempts PRIMARY KEY (id), 
    CONSTRAINT fk_webhook_attempts_delivery_id FOREIGN KEY(delivery_id) REFERENCES webhook_deliveries (id) ON DELETE CASCADE
);

CREATE INDEX ix_webhook_attempts_delivery_id ON webhook_attempts (delivery_id);

INSERT INTO bolo_revision (id, revision) VALUES (1, 0);

CREATE FUNCTION bolo_look_up(plate text, keys text, variants text)
        RETURNS TABLE (revision integer, id uuid) LANGUAGE plpgsql STABLE AS $$
        BEGIN
            RETURN QUERY
            WITH found AS (
                SELECT b.id FROM bolos AS b WHERE b.kind = 'exact' AND b.active AND b.pattern = plate
                UNION
                SELECT b.id FROM bolos AS b
                WHERE b.kind = 'exact' AND b.active AND b.tolerance <> 'none'
                    AND b.pattern_key = ANY (string_to_array(keys, ','))
                UNION
                SELECT b.id FROM bolos AS b
                WHERE b.kind = 'exact' AND b.active AND b.tolerance = 'one_edit'
                    AND b.edit_variants && string_to_array(variants, ',')::varchar[]
            )
            SELECT r.revision, found.id FROM bolo_revision AS r LEFT JOIN found ON true;
        END $$;

UPDATE anpr.alembic_version SET version_num='0002' WHERE anpr.alembic_version.version_num = '0001';

-- Running upgrade 0002 -> 0003

CREATE TABLE exports (
    id UUID NOT NULL, 
    requested_by UUID, 
    request JSONB NOT NULL, 
    camera_ids UUID[], 
    reason VARCHAR NOT NULL, 
    notify BOOLEAN NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    status VARCHAR(20) NOT NULL, 
    failure_reason VARCHAR, 
    planned_at TIMESTAMP WITH TIME ZONE, 
    finished_at TIMESTAMP WITH TIME ZONE, 
    expires_at TIMESTAMP WITH TIME ZONE, 
    size_bytes BIGINT, 
    events_total INTEGER NOT NULL, 
    images_total INTEGER NOT NULL, 
    images_done INTEGER NOT NULL, 
    images_missing INTEGER NOT NULL, 
    attempts INTEGER NOT NULL, 
    claim_token UUID, 
    claimed_until TIMESTAMP WITH TIME ZONE, 
    multipart_id VARCHAR, 
    stage VARCHAR NOT NULL, 
    item_no INTEGER NOT NULL, 
    entries INTEGER NOT NULL, 
    "offset" BIGINT NOT NULL, 
    CONSTRAINT pk_exports PRIMARY KEY (id), 
    CONSTRAINT fk_exports_requested_by FOREIGN KEY(requested_by) REFERENCES users (id) ON DELETE SET NULL, 
    CONSTRAINT ck_exports_exportstatus CHECK (status IN ('queued', 'building', 'ready', 'failed', 'expired'))
);

CREATE INDEX ix_exports_created_at_id ON exports (created_at, id);

CREATE INDEX ix_exports_expires_at ON exports (expires_at) WHERE status = 'ready';

CREATE INDEX ix_exports_requested_by_created_at ON exports (requested_by, created_at);

CREATE INDEX ix_exports_unfinished ON exports (created_at) WHERE status IN ('queued', 'building');

CREATE TABLE export_entries (
    export_id UUID NOT NULL, 
    no INTEGER NOT NULL, 
    stage VARCHAR NOT NULL, 
    item_no INTEGER NOT NULL, 
    name VARCHAR NOT NULL, 
    "offset" BIGINT NOT NULL, 
    size BIGINT NOT NULL, 
    crc32 BIGINT NOT NULL, 
    sha256 BYTEA NOT NULL, 
    width INTEGER, 
    height INTEGER, 
    CONSTRAINT pk_export_entries PRIMARY KEY (export_id, no), 
    CONSTRAINT fk_export_entries_export_id FOREIGN KEY(export_id) REFERENCES exports (id) ON DELETE CASCADE
);

CREATE UNIQUE INDEX ix_export_entries_item ON export_entries (export_id, stage, item_no);

CREATE TABLE export_items (
    export_id UUID NOT NULL, 
    no INTEGER NOT NULL, 
    event_id UUID NOT NULL, 
    plate VARCHAR, 
    region_code VARCHAR, 
    split VARCHAR NOT NULL, 
    frame_no INTEGER, 
    CONSTRAINT pk_export_items PRIMARY KEY (export_id, no), 
    CONSTRAINT fk_export_items_export_id FOREIGN KEY(export_id) REFERENCES exports (id) ON DELETE CASCADE
);

CREATE INDEX ix_export_items_event_id ON export_items (event_id);

CREATE INDEX ix_export_items_frame ON export_items (export_id, frame_no) WHERE frame_no IS NOT NULL;

CREATE TABLE export_parts (
    export_id UUID NOT NULL, 
    number INTEGER NOT NULL, 
    etag VARCHAR NOT NULL, 
    CONSTRAINT pk_export_parts PRIMARY KEY (export_id, number), 
    CONSTRAINT fk_export_parts_export_id FOREIGN KEY(export_id) REFERENCES exports (id) ON DELETE CASCADE
);

CREATE TABLE corrections (
    id UUID NOT NULL, 
    seq BIGINT GENERATED ALWAYS AS IDENTITY, 
    event_id UUID NOT NULL, 
    reviewer_id UUID, 
    verdict VARCHAR(20) NOT NULL, 
    plate VARCHAR, 
    region_code VARCHAR, 
    reject_reason VARCHAR(20), 
    note VARCHAR NOT NULL, 
    supersedes_id UUID, 
    second_opinion BOOLEAN NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    undone_at TIMESTAMP WITH TIME ZONE, 
    undone_by UUID, 
    CONSTRAINT pk_corrections PRIMARY KEY (id), 
    CONSTRAINT ck_corrections_plate CHECK ((verdict = 'corrected') = (plate IS NOT NULL)), 
    CONSTRAINT ck_corrections_reason CHECK ((verdict = 'rejected') = (reject_reason IS NOT NULL)), 
    CONSTRAINT fk_corrections_event_id FOREIGN KEY(event_id) REFERENCES events (id) ON DELETE CASCADE, 
    CONSTRAINT fk_corrections_reviewer_id FOREIGN KEY(reviewer_id) REFERENCES users (id) ON DELETE SET NULL, 
    CONSTRAINT fk_corrections_supersedes_id FOREIGN KEY(supersedes_id) REFERENCES corrections (id) ON DELETE SET NULL, 
    CONSTRAINT fk_corrections_undone_by FOREIGN KEY(undone_by) REFERENCES users (id) ON DELETE SET NULL, 
    CONSTRAINT uq_corrections_seq UNIQUE (seq), 
    CONSTRAINT ck_corrections_verdict CHECK (verdict IN ('confirmed', 'corrected', 'rejected')), 
    CONSTRAINT ck_corrections_rejectreason CHECK (reject_reason IN ('not_a_plate', 'unreadable', 'wrong_vehicle'))
);

CREATE INDEX ix_corrections_event_id_seq ON corrections (event_id, seq);

CREATE INDEX ix_corrections_reviewer_id_seq ON corrections (reviewer_id, seq);

CREATE TABLE reviews (
    event_id UUID NOT NULL, 
    camera_id UUID NOT NULL, 
    doubt DOUBLE PRECISION NOT NULL, 
    urgency SMALLINT NOT NULL, 
    open BOOLEAN NOT NULL, 
    claimed_by UUID, 
    claimed_until TIMESTAMP WITH TIME ZONE, 
    second_opinion_by UUID, 
    second_opinion_note VARCHAR NOT NULL, 
    disagreement BOOLEAN NOT NULL, 
    CONSTRAINT pk_reviews PRIMARY KEY (event_id), 
    CONSTRAINT fk_reviews_camera_id FOREIGN KEY(camera_id) REFERENCES cameras (id), 
    CONSTRAINT fk_reviews_claimed_by FOREIGN KEY(claimed_by) REFERENCES users (id) ON DELETE SET NULL, 
    CONSTRAINT fk_reviews_event_id FOREIGN KEY(event_id) REFERENCES events (id) ON DELETE CASCADE, 
    CONSTRAINT fk_reviews_second_opinion_by FOREIGN KEY(second_opinion_by) REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX ix_reviews_camera_queue ON reviews (camera_id, urgency DESC, doubt DESC, event_id) WHERE open;

CREATE INDEX ix_reviews_claimed_by ON reviews (claimed_by) WHERE claimed_by IS NOT NULL;

CREATE INDEX ix_reviews_disagreement ON reviews (event_id) WHERE disagreement;

CREATE INDEX ix_reviews_queue ON reviews (urgency DESC, doubt DESC, event_id) WHERE open;

ALTER TABLE events ADD COLUMN reviewed_plate VARCHAR COLLATE "C";

ALTER TABLE events ADD COLUMN reviewed_plate_key VARCHAR COLLATE "C";

ALTER TABLE events ADD COLUMN reviewed_region_code VARCHAR;

CREATE INDEX ix_events_reviewed_plate_captured_at_id ON events (reviewed_plate, captured_at, id) WHERE reviewed_plate IS NOT NULL;

CREATE INDEX ix_events_reviewed_plate_key_captured_at ON events (reviewed_plate_key, captured_at) WHERE reviewed_plate IS NOT NULL;

CREATE INDEX ix_events_reviewed_plate_key_trgm ON events USING gin (reviewed_plate_key gin_trgm_ops) WITH (fastupdate = off) WHERE reviewed_plate IS NOT NULL;

CREATE INDEX ix_events_reviewed_plate_trgm ON events USING gin (reviewed_plate gin_trgm_ops) WITH (fastupdate = off) WHERE reviewed_plate IS NOT NULL;

INSERT INTO reviews (event_id, camera_id, doubt, urgency, open, second_opinion_note, disagreement)
        SELECT id, camera_id, greatest(0, least(1, 1 - score)), 0, true, '', false FROM events;

UPDATE anpr.alembic_version SET version_num='0003' WHERE anpr.alembic_version.version_num = '0002';

-- Running upgrade 0003 -> 0004

CREATE TABLE camera_groups (
    id UUID NOT NULL, 
    name VARCHAR NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_camera_groups PRIMARY KEY (id), 
    CONSTRAINT uq_camera_groups_name UNIQUE (name)
);

CREATE TABLE deletion_receipts (
    id UUID NOT NULL, 
    kind VARCHAR(20) NOT NULL, 
    started_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    finished_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    cutoffs JSONB NOT NULL, 
    deleted JSONB NOT NULL, 
    kept JSONB NOT NULL, 
    CONSTRAINT pk_deletion_receipts PRIMARY KEY (id), 
    CONSTRAINT ck_deletion_receipts_deletionkind CHECK (kind IN ('retention', 'erasure'))
);

CREATE INDEX ix_deletion_receipts_finished_at_id ON deletion_receipts (finished_at, id);

CREATE TABLE license_notices (
    period DATE NOT NULL, 
    kind VARCHAR NOT NULL, 
    given_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_license_notices PRIMARY KEY (period, kind)
);

CREATE UNLOGGED TABLE rate_limits (
    key VARCHAR NOT NULL, 
    whole_at TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_rate_limits PRIMARY KEY (key)
);

CREATE INDEX ix_rate_limits_whole_at ON rate_limits (whole_at);

CREATE TABLE usage_records (
    upload_id UUID NOT NULL, 
    camera_id UUID NOT NULL, 
    day DATE NOT NULL, 
    seconds DOUBLE PRECISION NOT NULL, 
    frames BIGINT NOT NULL, 
    images INTEGER NOT NULL, 
    events INTEGER NOT NULL, 
    source_event_id UUID, 
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_usage_records PRIMARY KEY (upload_id), 
    CONSTRAINT ck_usage_records_not_negative CHECK (seconds >= 0 AND frames >= 0 AND images >= 0 AND events >= 0)
);

CREATE INDEX ix_usage_records_day_camera_id ON usage_records (day, camera_id);

CREATE TABLE usage_months (
    month DATE NOT NULL, 
    seconds DOUBLE PRECISION NOT NULL, 
    images BIGINT NOT NULL, 
    closed_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_usage_months PRIMARY KEY (month)
);

CREATE TABLE usage_reports (
    month DATE NOT NULL, 
    camera_id UUID NOT NULL, 
    camera_name VARCHAR NOT NULL, 
    uploads INTEGER NOT NULL, 
    seconds DOUBLE PRECISION NOT NULL, 
    frames BIGINT NOT NULL, 
    images INTEGER NOT NULL, 
    events INTEGER NOT NULL, 
    closed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_usage_reports PRIMARY KEY (month, camera_id)
);

CREATE TABLE api_keys (
    id UUID NOT NULL, 
    name VARCHAR NOT NULL, 
    secret_hash BYTEA NOT NULL, 
    role VARCHAR(20) NOT NULL, 
    permissions VARCHAR[] NOT NULL, 
    owner_id UUID NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    expires_at TIMESTAMP WITH TIME ZONE, 
    revoked_at TIMESTAMP WITH TIME ZONE, 
    last_used_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_api_keys PRIMARY KEY (id), 
    CONSTRAINT fk_api_keys_owner_id FOREIGN KEY(owner_id) REFERENCES users (id) ON DELETE CASCADE, 
    CONSTRAINT ck_api_keys_role CHECK (role IN ('admin', 'reviewer', 'viewer'))
);

CREATE INDEX ix_api_keys_owner_id ON api_keys (owner_id);

CREATE TABLE camera_group_members (
    group_id UUID NOT NULL, 
    camera_id UUID NOT NULL, 
    CONSTRAINT pk_camera_group_members PRIMARY KEY (group_id, camera_id), 
    CONSTRAINT fk_camera_group_members_camera_id FOREIGN KEY(camera_id) REFERENCES cameras (id) ON DELETE CASCADE, 
    CONSTRAINT fk_camera_group_members_group_id FOREIGN KEY(group_id) REFERENCES camera_groups (id) ON DELETE CASCADE
);

CREATE INDEX ix_camera_group_members_camera_id ON camera_group_members (camera_id);

CREATE TABLE legal_holds (
    id UUID NOT NULL, 
    case_number VARCHAR NOT NULL, 
    reason VARCHAR NOT NULL, 
    plate VARCHAR, 
    plate_key VARCHAR, 
    camera_id UUID, 
    captured_from TIMESTAMP WITH TIME ZONE, 
    captured_to TIMESTAMP WITH TIME ZONE, 
    created_by UUID, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    released_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_legal_holds PRIMARY KEY (id), 
    CONSTRAINT ck_legal_holds_period CHECK (captured_from < captured_to), 
    CONSTRAINT fk_legal_holds_camera_id FOREIGN KEY(camera_id) REFERENCES cameras (id), 
    CONSTRAINT fk_legal_holds_created_by FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL
);

CREATE INDEX ix_legal_holds_active ON legal_holds (case_number) WHERE released_at IS NULL;

CREATE TABLE licenses (
    id UUID NOT NULL, 
    key VARCHAR NOT NULL, 
    activated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    activated_by UUID, 
    CONSTRAINT pk_licenses PRIMARY KEY (id), 
    CONSTRAINT fk_licenses_activated_by FOREIGN KEY(activated_by) REFERENCES users (id) ON DELETE SET NULL
);

CREATE TABLE camera_limits (
    id UUID NOT NULL, 
    user_id UUID, 
    api_key_id UUID, 
    CONSTRAINT pk_camera_limits PRIMARY KEY (id), 
    CONSTRAINT ck_camera_limits_one_holder CHECK ((user_id IS NULL) <> (api_key_id IS NULL)), 
    CONSTRAINT fk_camera_limits_api_key_id FOREIGN KEY(api_key_id) REFERENCES api_keys (id) ON DELETE CASCADE, 
    CONSTRAINT fk_camera_limits_user_id FOREIGN KEY(user_id) REFERENCES users (id) ON DELETE CASCADE, 
    CONSTRAINT uq_camera_limits_api_key_id UNIQUE (api_key_id), 
    CONSTRAINT uq_camera_limits_user_id UNIQUE (user_id)
);

CREATE TABLE camera_grants (
    id UUID NOT NULL, 
    limit_id UUID NOT NULL, 
    camera_id UUID, 
    group_id UUID, 
    CONSTRAINT pk_camera_grants PRIMARY KEY (id), 
    CONSTRAINT ck_camera_grants_one_target CHECK ((camera_id IS NULL) <> (group_id IS NULL)), 
    CONSTRAINT fk_camera_grants_camera_id FOREIGN KEY(camera_id) REFERENCES cameras (id) ON DELETE CASCADE, 
    CONSTRAINT fk_camera_grants_group_id FOREIGN KEY(group_id) REFERENCES camera_groups (id) ON DELETE CASCADE, 
    CONSTRAINT fk_camera_grants_limit_id FOREIGN KEY(limit_id) REFERENCES camera_limits (id) ON DELETE CASCADE
);

CREATE INDEX ix_camera_grants_camera_id ON camera_grants (camera_id);

CREATE INDEX ix_camera_grants_group_id ON camera_grants (group_id);

CREATE INDEX ix_camera_grants_limit_id ON camera_grants (limit_id);

ALTER TABLE events ADD COLUMN media_deleted_at TIMESTAMP WITH TIME ZONE;

CREATE INDEX ix_events_media_kept ON events (processed_at) WHERE media_deleted_at IS NULL;

CREATE INDEX ix_events_processed_at ON events (processed_at);

ALTER TABLE uploads ADD COLUMN source_deleted_at TIMESTAMP WITH TIME ZONE;

CREATE INDEX ix_uploads_source_kept ON uploads (created_at) WHERE source_deleted_at IS NULL;

CREATE INDEX ix_audit_logs_target_at ON audit_logs (target, at);

CREATE INDEX ix_audit_logs_at_seq ON audit_logs (at, seq);

CREATE OR REPLACE FUNCTION audit_logs_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'DELETE' AND current_setting('anpr.audit_prune', true) = 'on' THEN
                RETURN NULL;
            END IF;
            RAISE EXCEPTION 'the audit log is append-only';
        END $$;

CREATE FUNCTION audit_logs_prune(before timestamptz, OUT through_seq bigint, OUT head bytea, OUT removed bigint)
        LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, anpr, pg_temp AS $$
        BEGIN
            IF before > now() - interval '90 days' THEN
                RAISE EXCEPTION 'audit rows are kept for at least 90 days';
            END IF;
            -- Only a prefix may go, and "at" need not rise with "seq" where clocks were set back.
            SELECT least(
                       (SELECT max(seq) FROM anpr.audit_logs),
                       (SELECT min(seq) FROM anpr.audit_logs WHERE at >= before)
                   ) - 1
              INTO through_seq;
            SELECT hash INTO head FROM anpr.audit_logs WHERE seq = through_seq;
            PERFORM set_config('anpr.audit_prune', 'on', true);
            DELETE FROM anpr.audit_logs WHERE seq <= through_seq;
            GET DIAGNOSTICS removed = ROW_COUNT;
            PERFORM set_config('anpr.audit_prune', 'off', true);
        END $$;

REVOKE ALL ON FUNCTION audit_logs_prune FROM PUBLIC;

DO $$ BEGIN
            CREATE ROLE anpr_app NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
        END $$;

GRANT anpr_app TO CURRENT_USER;

GRANT USAGE ON SCHEMA anpr TO anpr_app;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA anpr TO anpr_app;

GRANT USAGE ON ALL SEQUENCES IN SCHEMA anpr TO anpr_app;

ALTER DEFAULT PRIVILEGES IN SCHEMA anpr GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO anpr_app;

ALTER DEFAULT PRIVILEGES IN SCHEMA anpr GRANT USAGE ON SEQUENCES TO anpr_app;

REVOKE UPDATE, DELETE ON audit_logs, usage_reports FROM anpr_app;

REVOKE DELETE ON deletion_receipts FROM anpr_app;

REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM anpr_app;

GRANT EXECUTE ON FUNCTION audit_logs_prune TO anpr_app;

UPDATE anpr.alembic_version SET version_num='0004' WHERE anpr.alembic_version.version_num = '0003';

-- Running upgrade 0004 -> 0005

ALTER TABLE uploads ADD COLUMN source_version_id VARCHAR;

ALTER TABLE uploads ADD COLUMN source_sha256 VARCHAR;

ALTER TABLE uploads ADD COLUMN replacements INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE uploads ALTER COLUMN replacements DROP DEFAULT;

ALTER TABLE uploads ADD COLUMN replaced_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE uploads ADD COLUMN replacement_version_id VARCHAR;

CREATE INDEX ix_uploads_replaced ON uploads (id) WHERE replacement_version_id IS NOT NULL;

CREATE INDEX ix_uploads_status_created_at_id ON uploads (status, created_at, id);

UPDATE anpr.alembic_version SET version_num='0005' WHERE anpr.alembic_version.version_num = '0004';

-- Running upgrade 0005 -> 0006

CREATE TABLE carried_totals (
    name VARCHAR NOT NULL, 
    value BIGINT NOT NULL, 
    CONSTRAINT pk_carried_totals PRIMARY KEY (name)
);

ALTER TABLE outbox ADD COLUMN refusals INTEGER DEFAULT '0' NOT NULL;

ALTER TABLE outbox ALTER COLUMN refusals DROP DEFAULT;

ALTER TABLE outbox ADD COLUMN refusal VARCHAR;

ALTER TABLE outbox ADD COLUMN retry_at TIMESTAMP WITH TIME ZONE;

ALTER TABLE outbox ADD COLUMN set_aside_at TIMESTAMP WITH TIME ZONE;

DROP INDEX ix_outbox_unpublished;

CREATE INDEX ix_outbox_waiting ON outbox (seq) WHERE published_at IS NULL AND set_aside_at IS NULL;

CREATE INDEX ix_outbox_set_aside ON outbox (set_aside_at) WHERE set_aside_at IS NOT NULL;

CREATE INDEX ix_uploads_succeeded_at ON uploads (finished_at) WHERE status = 'succeeded';

UPDATE anpr.alembic_version SET version_num='0006' WHERE anpr.alembic_version.version_num = '0005';

-- Running upgrade 0006 -> 0007

CREATE TABLE open_erasures (
    id UUID NOT NULL, 
    plate VARCHAR NOT NULL, 
    include_hits BOOLEAN NOT NULL, 
    requested_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL, 
    CONSTRAINT pk_open_erasures PRIMARY KEY (id)
);

ALTER TABLE uploads ADD COLUMN source_condemned_at TIMESTAMP WITH TIME ZONE;

CREATE INDEX ix_uploads_source_condemned ON uploads (id) WHERE source_condemned_at IS NOT NULL AND source_deleted_at IS NULL;

CREATE INDEX ix_outbox_subject ON outbox (subject);

UPDATE anpr.alembic_version SET version_num='0007' WHERE anpr.alembic_version.version_num = '0006';

-- Running upgrade 0007 -> 0008

UPDATE events SET region_code = lower(region_code) WHERE region_code <> lower(region_code);

UPDATE events SET reviewed_region_code = lower(reviewed_region_code)
        WHERE reviewed_region_code <> lower(reviewed_region_code);

UPDATE corrections SET region_code = lower(region_code) WHERE region_code <> lower(region_code);

UPDATE export_items SET region_code = lower(region_code) WHERE region_code <> lower(region_code);

UPDATE corrections AS c SET verdict = 'confirmed', plate = NULL
        FROM events AS e
        WHERE e.id = c.event_id AND c.verdict = 'corrected' AND c.plate = e.plate AND c.region_code = e.region_code;

UPDATE events SET review_status = 'confirmed', reviewed_plate = NULL, reviewed_plate_key = NULL
        WHERE review_status = 'corrected' AND reviewed_plate = plate AND reviewed_region_code = region_code;

CREATE INDEX ix_events_candidate_plates ON events USING gin ((jsonb_path_query_array(candidates, '$[*].plate'::jsonpath))) WITH (fastupdate = off);

CREATE INDEX ix_events_other_letters ON events (captured_at, id) WHERE plate ~ '[^A-Z0-9?]';

UPDATE anpr.alembic_version SET version_num='0008' WHERE anpr.alembic_version.version_num = '0007';

-- Running upgrade 0008 -> 0009

CREATE INDEX ix_refresh_tokens_expires_at ON refresh_tokens (expires_at);

CREATE TABLE license_clock (
    id INTEGER NOT NULL, 
    latest TIMESTAMP WITH TIME ZONE NOT NULL, 
    CONSTRAINT pk_license_clock PRIMARY KEY (id), 
    CONSTRAINT ck_license_clock_one_row CHECK (id = 1)
);

INSERT INTO license_clock (id, latest)
        SELECT 1, greatest(now(), (SELECT max(at) FROM audit_logs), (SELECT max(activated_at) FROM licenses));

REVOKE INSERT, DELETE ON license_clock FROM anpr_app;

UPDATE anpr.alembic_version SET version_num='0009' WHERE anpr.alembic_version.version_num = '0008';

-- Running upgrade 0009 -> 0010

ALTER TABLE uploads ADD COLUMN kind VARCHAR(20) DEFAULT 'file' NOT NULL;

ALTER TABLE uploads ADD CONSTRAINT ck_uploads_uploadkind CHECK (kind IN ('file', 'stream'));

ALTER TABLE uploads ALTER COLUMN kind DROP DEFAULT;

CREATE TABLE streams (
    camera_id UUID NOT NULL, 
    url BYTEA NOT NULL, 
    place VARCHAR NOT NULL, 
    lease_token UUID, 
    leased_until TIMESTAMP WITH TIME ZONE, 
    state VARCHAR(20) NOT NULL, 
    connected_since TIMESTAMP WITH TIME ZONE, 
    last_frame_at TIMESTAMP WITH TIME ZONE, 
    fps_in FLOAT, 
    fps_read FLOAT, 
    lag_s FLOAT, 
    reason VARCHAR, 
    silence_noticed_at TIMESTAMP WITH TIME ZONE, 
    changed_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_streams PRIMARY KEY (camera_id), 
    CONSTRAINT fk_streams_camera_id FOREIGN KEY(camera_id) REFERENCES cameras (id) ON DELETE CASCADE, 
    CONSTRAINT ck_streams_streamstate CHECK (state IN ('waiting', 'connecting', 'connected', 'lost'))
);

UPDATE anpr.alembic_version SET version_num='0010' WHERE anpr.alembic_version.version_num = '0009';

-- Running upgrade 0010 -> 0011

CREATE TABLE queue_messages (
    id UUID NOT NULL, 
    queue VARCHAR NOT NULL, 
    body VARCHAR NOT NULL, 
    trace VARCHAR, 
    receives INTEGER DEFAULT 0 NOT NULL, 
    visible_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    sent_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    dead_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_queue_messages PRIMARY KEY (id)
);

CREATE INDEX ix_queue_messages_due ON queue_messages (queue, visible_at) WHERE dead_at IS NULL;

CREATE INDEX ix_queue_messages_dead ON queue_messages (queue, dead_at) WHERE dead_at IS NOT NULL;

CREATE TABLE notice_topics (
    name VARCHAR NOT NULL, 
    title VARCHAR NOT NULL, 
    CONSTRAINT pk_notice_topics PRIMARY KEY (name)
);

CREATE TABLE notice_subscriptions (
    id UUID NOT NULL, 
    topic VARCHAR NOT NULL, 
    channel VARCHAR(20) NOT NULL, 
    address VARCHAR NOT NULL, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    confirmed_at TIMESTAMP WITH TIME ZONE, 
    CONSTRAINT pk_notice_subscriptions PRIMARY KEY (id), 
    CONSTRAINT ck_notice_subscriptions_channel CHECK (channel IN ('email', 'sms')), 
    CONSTRAINT fk_notice_subscriptions_topic FOREIGN KEY(topic) REFERENCES notice_topics (name) ON DELETE CASCADE, 
    CONSTRAINT uq_notice_subscriptions_topic_channel_address UNIQUE (topic, channel, address)
);

UPDATE anpr.alembic_version SET version_num='0011' WHERE anpr.alembic_version.version_num = '0010';

-- Running upgrade 0011 -> 0012

ALTER TABLE events ADD COLUMN beyond_doubt BOOLEAN DEFAULT false NOT NULL;

ALTER TABLE events ALTER COLUMN beyond_doubt DROP DEFAULT;

CREATE INDEX ix_events_familiar ON events (camera_id, processed_at DESC) WHERE beyond_doubt AND review_status = 'unreviewed' OR review_status IN ('confirmed', 'corrected');

UPDATE anpr.alembic_version SET version_num='0012' WHERE anpr.alembic_version.version_num = '0011';

-- Running upgrade 0012 -> 0013

ALTER TABLE bolo_subscriptions ADD COLUMN created_by UUID;

ALTER TABLE bolo_subscriptions ADD CONSTRAINT fk_bolo_subscriptions_created_by FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL;

UPDATE bolo_subscriptions SET created_by = made.actor_id
        FROM (
            SELECT DISTINCT ON (a.target, a.detail ->> 'channel', a.detail ->> 'address')
                   a.target, a.detail ->> 'channel' AS channel, a.detail ->> 'address' AS address, a.actor_id
            FROM audit_logs a JOIN users u ON u.id = a.actor_id
            WHERE a.action = 'bolo_list.subscribed'
            ORDER BY a.target, a.detail ->> 'channel', a.detail ->> 'address', a.seq DESC
        ) made
        WHERE made.target = 'bolo_list:' || bolo_subscriptions.list_id
          AND made.channel = bolo_subscriptions.channel AND made.address = bolo_subscriptions.address;

WITH made_by AS (
            SELECT w.id, w.url, k.name,
                   CASE
                       WHEN EXISTS (SELECT FROM camera_limits l WHERE l.api_key_id = k.id)
                           THEN 'which is limited to some cameras'
                       WHEN NOT k.permissions @> ARRAY['events:read', 'webhooks:write']::varchar[]
                           THEN 'which may not read passages'
                       WHEN k.role <> 'admin' THEN 'which has not the role admin'
                   END AS lack
            FROM webhook_endpoints w
            JOIN audit_logs a ON a.action = 'webhook.created' AND a.target = 'webhook:' || w.id
            JOIN api_keys k ON k.owner_id = a.actor_id
                AND right(a.actor, length(k.name) + 7) = ' (key ' || k.name || ')'
            WHERE w.active
        ),
        switched_off AS (
            UPDATE webhook_endpoints
            SET active = false, disabled_at = now(),
                disabled_reason = 'The API key "' || made_by.name || '" registered it, ' || made_by.lack
                    || '. An administrator who sets it active has it told of the hits at every camera.'
            FROM made_by
            WHERE made_by.id = webhook_endpoints.id AND made_by.lack IS NOT NULL
            RETURNING webhook_endpoints.id, webhook_endpoints.url, webhook_endpoints.disabled_reason
        )
        INSERT INTO outbox (id, type, subject, data, refusals)
        SELECT gen_random_uuid(), 'webhook.disabled', id::text,
               jsonb_build_object('endpoint_id', id, 'url', url, 'reason', disabled_reason), 0
        FROM switched_off;

UPDATE anpr.alembic_version SET version_num='0013' WHERE anpr.alembic_version.version_num = '0012';

-- Running upgrade 0013 -> 0014

ALTER TABLE cameras ADD COLUMN serial VARCHAR;

ALTER TABLE cameras ADD CONSTRAINT uq_cameras_serial UNIQUE (serial);

ALTER TABLE uploads DROP CONSTRAINT ck_uploads_uploadkind;

ALTER TABLE uploads ADD CONSTRAINT ck_uploads_uploadkind CHECK (kind IN ('file', 'stream', 'read'));

CREATE INDEX ix_uploads_footage_created_at_id ON uploads (created_at, id) WHERE kind <> 'read';

ALTER TABLE events ADD COLUMN engine VARCHAR DEFAULT 'anpr' NOT NULL;

ALTER TABLE events ALTER COLUMN box_xmin DROP NOT NULL;

ALTER TABLE events ALTER COLUMN box_ymin DROP NOT NULL;

ALTER TABLE events ALTER COLUMN box_xmax DROP NOT NULL;

ALTER TABLE events ALTER COLUMN box_ymax DROP NOT NULL;

ALTER TABLE events ALTER COLUMN crop_key DROP NOT NULL;

ALTER TABLE events ALTER COLUMN frame_key DROP NOT NULL;

CREATE TABLE handed_reads (
    camera_id UUID NOT NULL, 
    digest BYTEA NOT NULL, 
    event_id UUID NOT NULL, 
    received_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_handed_reads PRIMARY KEY (camera_id, digest), 
    CONSTRAINT fk_handed_reads_camera_id FOREIGN KEY(camera_id) REFERENCES cameras (id) ON DELETE CASCADE, 
    CONSTRAINT fk_handed_reads_event_id FOREIGN KEY(event_id) REFERENCES events (id) ON DELETE CASCADE
);

CREATE INDEX ix_handed_reads_event_id ON handed_reads (event_id);

UPDATE anpr.alembic_version SET version_num='0014' WHERE anpr.alembic_version.version_num = '0013';

-- Running upgrade 0014 -> 0015

ALTER TABLE outbox ADD COLUMN trace VARCHAR;

UPDATE anpr.alembic_version SET version_num='0015' WHERE anpr.alembic_version.version_num = '0014';

-- Running upgrade 0015 -> 0016

ALTER TABLE events ADD COLUMN model VARCHAR;

UPDATE anpr.alembic_version SET version_num='0016' WHERE anpr.alembic_version.version_num = '0015';

-- Running upgrade 0016 -> 0017

CREATE TABLE known_vehicles (
    id UUID NOT NULL, 
    plate VARCHAR NOT NULL, 
    plate_key VARCHAR NOT NULL, 
    region VARCHAR, 
    name VARCHAR NOT NULL, 
    note VARCHAR NOT NULL, 
    created_by UUID, 
    created_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT now() NOT NULL, 
    CONSTRAINT pk_known_vehicles PRIMARY KEY (id), 
    CONSTRAINT fk_known_vehicles_created_by FOREIGN KEY(created_by) REFERENCES users (id) ON DELETE SET NULL, 
    CONSTRAINT uq_known_vehicles_plate UNIQUE NULLS NOT DISTINCT (plate_key, region)
);

CREATE INDEX ix_known_vehicles_created_at_id ON known_vehicles (created_at, id);

UPDATE anpr.alembic_version SET version_num='0017' WHERE anpr.alembic_version.version_num = '0016';

-- A file that Storage took starts its job at once. Whatever fails in here must not fail the upload: the client's
-- `complete`, and the sweep after it, do the same.
CREATE OR REPLACE FUNCTION anpr.stored_upload_queues_job() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found uuid;
BEGIN
    UPDATE anpr.uploads SET status = 'queued', queued_at = now(), finished_at = NULL, failure_reason = NULL
    WHERE id = split_part(NEW.name, '/', 2)::uuid AND status IN ('awaiting_file', 'expired')
        AND size_bytes = (NEW.metadata ->> 'size')::bigint
        AND content_type = lower(trim(split_part(NEW.metadata ->> 'mimetype', ';', 1)))
    RETURNING id INTO found;
    IF found IS NOT NULL THEN
        INSERT INTO anpr.queue_messages (id, queue, body)
        VALUES (gen_random_uuid(), 'video_processing', json_build_object('upload_id', found)::text);
    END IF;
    RETURN NULL;
EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'anpr: % begins no job by itself: %', NEW.name, SQLERRM;
    RETURN NULL;
END $$;
DO $$ BEGIN
    IF to_regclass('storage.objects') IS NULL THEN
        RAISE NOTICE 'there is no storage.objects here, so no trigger is put on it';
    ELSE
        CREATE OR REPLACE TRIGGER anpr_stored_upload AFTER INSERT OR UPDATE OF metadata ON storage.objects
        FOR EACH ROW WHEN (NEW.bucket_id = 'anpr' AND NEW.name LIKE 'uploads/%/source')
        EXECUTE FUNCTION anpr.stored_upload_queues_job();
    END IF;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE WARNING 'no trigger may be put on storage.objects; a job begins when the client calls complete';
END $$;

-- Nobody of the Data API's may use the schema, nor anything in it, whatever a project grants by default.
DO $$
DECLARE
    who text;
BEGIN
    FOR who IN
        SELECT 'PUBLIC' UNION ALL
        SELECT quote_ident(rolname) FROM pg_roles WHERE rolname IN ('anon', 'authenticated', 'service_role')
    LOOP
        EXECUTE format('REVOKE ALL ON SCHEMA anpr FROM %s', who);
        EXECUTE format('REVOKE ALL ON ALL TABLES IN SCHEMA anpr FROM %s', who);
        EXECUTE format('REVOKE ALL ON ALL SEQUENCES IN SCHEMA anpr FROM %s', who);
        EXECUTE format('REVOKE ALL ON ALL FUNCTIONS IN SCHEMA anpr FROM %s', who);
    END LOOP;
END $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA anpr TO anpr_app;
GRANT USAGE ON SCHEMA extensions TO anpr_app;

COMMIT;
