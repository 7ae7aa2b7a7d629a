"""How much there is to do, and what each part of it takes.

What was measured says where; all else is an assumption, named as such in docs/cost.md.
"""

from dataclasses import dataclass
from typing import Final

HOURS_A_MONTH: Final = 730.0
DAYS_A_MONTH: Final = HOURS_A_MONTH / 24
SECONDS_A_MONTH: Final = HOURS_A_MONTH * 3600


@dataclass(frozen=True, slots=True)
class Footage:
    """What an hour of video is. All are assumptions.

    Attributes:
        frames_per_s: of the video.
        gb_per_hour: of the file: 0.9 GB are 2 Mbit/s, an H.264 camera's 720 lines.
        minutes_per_upload: length of a clip.
        passages_per_hour: vehicles that pass with a plate.
        hits_per_passage: of them, wanted.
        crop_kb: size of a plate's picture.
        frame_kb: size of the whole picture that is kept with it.
    """

    frames_per_s: float = 25
    gb_per_hour: float = 0.9
    minutes_per_upload: float = 5
    passages_per_hour: float = 120
    hits_per_passage: float = 0.001
    crop_kb: float = 12
    frame_kb: float = 150

    @property
    def uploads_per_hour(self) -> float:
        """How many clips an hour of video is sent in."""
        return 60 / self.minutes_per_upload

    @property
    def evidence_gb_per_hour(self) -> float:
        """Crops and frames of an hour."""
        return self.passages_per_hour * (self.crop_kb + self.frame_kb) / 1e6


@dataclass(frozen=True, slots=True)
class Throughput:
    """How fast a worker reads.

    Attributes:
        gpu_frames_per_s: on a g4dn.xlarge. Assumed: no such machine was at hand.
        cpu_frames_per_s: on 4 vCPU. docs/benchmarks.md has 92 to 119 on two idle cores, which are 4 vCPU on AWS.
        use: share of its time that a worker that is up has a job, where there is always one waiting.
    """

    gpu_frames_per_s: float = 250
    cpu_frames_per_s: float = 90
    use: float = 0.85


@dataclass(frozen=True, slots=True)
class Habits:
    """How the backend is used. All are assumptions.

    Attributes:
        spells_a_day: how often a day work comes after a rest, while there is too little for a worker to stay up.
        start_minutes: from a job's arrival to a GPU worker that takes it.
        cpu_start_minutes: the same of a container.
        requests_per_upload: of the API: asking for the form, following the job, looking at results.
        seconds_per_request: a function's, with the database awake.
        viewed: share of passages whose pictures are looked at.
        spot_discount: what spot capacity is cheaper by than on demand; it changes by the hour.
        spot_share: share of worker hours that spot capacity is there for.
        database_ios_per_passage: storage requests, written and read.
        database_kb_per_passage: with its indexes and its share of the rest; the row and its indexes alone were measured
            at 1.0 on 100,000 rows.
        acus_per_passage_a_second: capacity that the database takes beyond its least.
        daily_minutes: for how long the sweeps run once a day, whatever has happened.
        log_kb_per_request: of the functions' logs and the API's.
        traced: share of requests that is traced.
    """

    spells_a_day: float = 4
    start_minutes: float = 5
    cpu_start_minutes: float = 2
    requests_per_upload: float = 12
    seconds_per_request: float = 0.12
    viewed: float = 0.05
    spot_discount: float = 0.6
    spot_share: float = 0.9
    database_ios_per_passage: float = 40
    database_kb_per_passage: float = 2
    acus_per_passage_a_second: float = 0.5
    daily_minutes: float = 15
    log_kb_per_request: float = 2
    traced: float = 0.05


@dataclass(frozen=True, slots=True)
class Workload:
    """A month.

    Attributes:
        video_hours: how much video is uploaded.
        cameras: whose live streams are read, all day.
    """

    video_hours: float
    cameras: int = 0
    footage: Footage = Footage()
    throughput: Throughput = Throughput()
    habits: Habits = Habits()

    @property
    def uploads(self) -> float:
        """Clips in the month."""
        return self.video_hours * self.footage.uploads_per_hour

    @property
    def watched_hours(self) -> float:
        """Hours of live streams in the month, all cameras together."""
        return self.cameras * HOURS_A_MONTH

    @property
    def passages(self) -> float:
        """Passages in the month, of uploads and streams."""
        return (self.video_hours + self.watched_hours) * self.footage.passages_per_hour

    @property
    def requests(self) -> float:
        """Calls of the API in the month."""
        return self.uploads * self.habits.requests_per_upload

    def worker_hours(self, frames_per_s: float, *, start_minutes: float, rest_minutes: float) -> float:
        """Hours that workers are up, all together: for the work, and before and after it.

        Args:
            frames_per_s: how fast one reads.
            start_minutes: how long one takes to come up.
            rest_minutes: how long one stays after the last job.
        """
        busy = self.video_hours * self.footage.frames_per_s / frames_per_s / self.throughput.use
        spells = min(self.uploads, self.habits.spells_a_day * DAYS_A_MONTH)
        around = spells * (start_minutes + rest_minutes) / 60
        # Who is never without work neither comes nor goes.
        return busy + min(around, max(0.0, HOURS_A_MONTH - busy))

    def awake_hours(self, work_hours: float, *, quiet_minutes: float, pause_minutes: float) -> float:
        """Hours that the database is awake: while there is work, a while after each spell, and once a day.

        Where a stream is read it is awake all the time.

        Args:
            work_hours: hours in which there is work.
            quiet_minutes: how long the sweeps go on after it.
            pause_minutes: how long the database stays awake after them.
        """
        if self.cameras:
            # A stream's lease is renewed every few seconds.
            return HOURS_A_MONTH
        spells = min(self.uploads, self.habits.spells_a_day * DAYS_A_MONTH)
        daily = DAYS_A_MONTH * (self.habits.daily_minutes + pause_minutes)
        after = spells * (quiet_minutes + pause_minutes) + daily
        return min(HOURS_A_MONTH, work_hours + after / 60)
