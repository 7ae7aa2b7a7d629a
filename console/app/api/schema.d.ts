// Made from functions/api/openapi.json by `python -m infra.console client`; not to be edited.
/** A licence to activate. */
export interface ActivationIn {
  /** As it was issued; line breaks do not matter. */
  key: string;
}

/** Figures by week and camera, the oldest week first. */
export interface AgreementList {
  items: Array<AgreementOut>;
}

/** One camera's reviewed events of one ISO week. */
export interface AgreementOut {
  camera_id: string;
  /** The Monday it starts with, in the camera's time zone. */
  week: string;
  confirmed: number;
  corrected: number;
  rejected: number;
  /** Share of right texts among the events with a plate. */
  agreement: number | null;
  /** Mean share of right characters among those. */
  character_agreement: number | null;
  second_opinions: number;
  disagreements: number;
}

/** The process answers. */
export interface Alive {
  status?: "ok";
}

/** A key that was made just now. */
export interface ApiKeyCreated {
  id: string;
  name: string;
  role: Role;
  permissions: Array<string>;
  owner_id: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  /** To the minute. */
  last_used_at: string | null;
  /** Send it as `Authorization: Bearer` or `X-API-Key`. It is not shown again. */
  key: string;
}

/** A key to make. */
export interface ApiKeyIn {
  name: string;
  /** The most that it may do; its owner's role limits it further. */
  role: Role;
  /** Each `<data>:<read or write>`, as the routes name them. What gives passages, such as hits and previews, needs `events:read` too. */
  permissions: Array<"bolos:read" | "bolos:write" | "cameras:read" | "cameras:write" | "events:read" | "exports:read" | "exports:write" | "feedback:read" | "jobs:read" | "jobs:write" | "metrics:read" | "pictures:write" | "reads:write" | "uploads:read" | "uploads:write" | "usage:read" | "vehicles:read" | "vehicles:write" | "webhooks:read" | "webhooks:write">;
  /** Null: it does not expire. */
  expires_at?: string | null;
  /** Null: its owner's cameras. */
  cameras?: GrantsIn | null;
}

/** All keys, newest first; revoked ones too. */
export interface ApiKeyList {
  items: Array<ApiKeyOut>;
}

/** A key, without its secret. */
export interface ApiKeyOut {
  id: string;
  name: string;
  role: Role;
  permissions: Array<string>;
  owner_id: string;
  created_at: string;
  expires_at: string | null;
  revoked_at: string | null;
  /** To the minute. */
  last_used_at: string | null;
}

/** A hit of a passage, as far as a watcher needs it. */
export interface ArrivalHit {
  id: string;
  status: HitStatus;
  matched_by: MatchedBy;
  /** False for a repeat within the list's interval. */
  alert: boolean;
  historical: boolean;
  priority: Priority;
  list_name: string;
  pattern: string;
}

/** A passage, with its hits. */
export interface ArrivalOut {
  id: string;
  upload_id: string;
  camera_id: string;
  passage_no: number;
  /** What read it: `anpr` is this backend, others handed their reads in. */
  engine: string;
  /** The networks that read it, each with digits of its file's SHA-256; null of other engines. */
  model: string | null;
  /** What the machine read; `?` where it was unsure of a character. */
  plate: string;
  /** The same in letters and digits alone. */
  plate_normalized: string;
  /** The text as it was read. */
  raw_plate: string;
  readable: boolean;
  /** Confidence of the read, from 0 to 1. */
  score: number;
  /** Confidence that there is a plate at all. */
  dscore: number;
  region: Region | null;
  candidates: Array<Candidate>;
  vehicle: Record<string, unknown> | null;
  /** Null where the engine that read it did not say. */
  box: Box | null;
  /** When the best frame was taken. */
  captured_at: string;
  first_seen_at: string;
  last_seen_at: string;
  processed_at: string;
  first_frame: number;
  last_frame: number;
  best_frame: number;
  frames_seen: number;
  /** In how many frames the plate read the same. */
  frames_agreeing: number;
  review_status: ReviewStatus;
  /** What a person says that it reads, if they differ. */
  reviewed_plate: string | null;
  /** Where a person says that it is from; null if nobody said. */
  reviewed_region: string | null;
  /** What people and machine together say; null for a rejected passage. */
  effective_plate: string | null;
  /** Where people and machine together say that it is from; null where that is unknown. */
  effective_region: string | null;
  /** The known vehicle that the effective plate is of. Null too for an API key that lacks `vehicles:read`, and where the plate is unsure. */
  known_as: KnownAs | null;
  /** Link to the plate's image, good for an hour. */
  crop_url: string | null;
  /** Link to the whole frame, good for an hour. */
  frame_url: string | null;
  /** Only in a search for a plate. */
  match?: MatchOut | null;
  hits: Array<ArrivalHit>;
}

/** One request, and what came back. */
export interface AttemptOut {
  at: string;
  duration_ms: number;
  status_code: number | null;
  /** The beginning of the response's body. */
  response: string;
  /** Why there was no response. */
  error: string | null;
}

/** Whether the log is as it was written. */
export interface AuditCheck {
  ok: boolean;
  /** What is wrong, each in a sentence; none if all is well. */
  findings: Array<string>;
  /** The first record that is not what it was. */
  broken_at: number | null;
  /** The newest record. Keep it and its hash elsewhere. */
  seq: number | null;
  hash: string | null;
  /** How often the log's end was noted outside the database. */
  anchors: number;
  /** The log's newest record the last time. */
  anchored_seq: number | null;
  anchored_at: string | null;
  /** The Ed25519 key that signed the anchors, as base64url. */
  anchor_key: string | null;
  /** Why the anchors were begun anew, where they were. */
  restarts: Array<string>;
}

/** One record. */
export interface AuditOut {
  seq: number;
  at: string;
  actor_id: string | null;
  actor: string;
  action: string;
  target: string;
  reason: string | null;
  detail: Record<string, unknown>;
  request_id: string | null;
  /** SHA-256 over this record and the hash of the one before, as hex. */
  hash: string;
}

/** Records, newest first. */
export interface AuditPage {
  items: Array<AuditOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** How far to search back, and why. */
export interface BackSearchIn {
  /** How many days to look back. */
  days?: number;
  /** Why; kept in the audit log. */
  reason: string;
}

/** What an entry matched in the past. */
export interface BackSearchOut {
  /** From when on passages were compared. */
  since: string;
  /** False where there were too many passages to compare all. */
  complete: boolean;
  matched: number;
  /** How many match in which way. */
  by: Record<string, number>;
}

/** What waits, and what nobody could deal with. */
export interface BacklogOut {
  /** Uploads whose job has not ended, by state. */
  jobs: Record<string, number>;
  /** Since when the longest waiting job has waited; null where none waits. */
  oldest_queued_at: string | null;
  /** Jobs of uploads of the last seven days that failed. */
  jobs_failed: number;
  /** Messages on the queue of jobs, roughly. */
  queue_size: number;
  /** Jobs that were delivered too often, and wait for people. */
  dead_letters: number;
  /** Messages to webhooks that are still to be delivered. */
  deliveries_pending: number;
  /** Those of the last seven days that were given up. */
  deliveries_failed: number;
  /** Events that the bus refused for good. */
  events_set_aside: number;
}

/** How a wanted plate is written down. */
export type BoloKind = "exact" | "wildcard" | "regex";

/** Where the plate is in the best frame, in pixels. */
export interface Box {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
}

/** Cameras as GeoJSON (RFC 7946), with the cursor as a foreign member. */
export interface CameraCollection {
  type?: "FeatureCollection";
  features: Array<CameraFeature>;
  next_cursor: string | null;
}

/** A camera on a map; without a geometry if nobody said where it is. */
export interface CameraFeature {
  type?: "Feature";
  id: string;
  geometry: Point | null;
  properties: CameraOut;
}

/** A camera to register. */
export interface CameraIn {
  name: string;
  description?: string;
  latitude?: number | null;
  longitude?: number | null;
  heading?: number | null;
  region_hint?: string | null;
  /** IANA name, such as `Europe/Bucharest`. */
  time_zone?: string;
  active?: boolean;
  serial?: string | null;
}

/** A camera. */
export interface CameraOut {
  id: string;
  name: string;
  description: string;
  latitude: number | null;
  longitude: number | null;
  heading: number | null;
  region_hint: string | null;
  time_zone: string;
  active: boolean;
  serial: string | null;
  created_at: string;
  /** Null if the camera has none. */
  stream: StreamOut | null;
}

/** Cameras, newest first. */
export interface CameraPage {
  items: Array<CameraOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** What to change of a camera; what is left out stays, and null takes an optional thing away. */
export interface CameraPatch {
  name?: string;
  description?: string;
  latitude?: number | null;
  longitude?: number | null;
  heading?: number | null;
  region_hint?: string | null;
  /** IANA name, such as `Europe/Bucharest`. */
  time_zone?: string;
  active?: boolean;
  serial?: string | null;
}

/** One possible reading. */
export interface Candidate {
  plate: string;
  score: number;
}

/** How a person is told. */
export type Channel = "email" | "sms";

/** How many events to claim, and at which cameras. */
export interface ClaimIn {
  count?: number;
  /** Empty for all that the caller may see. */
  camera_ids?: Array<string>;
}

/** What an archive may hold. */
export type Content = "crops" | "yolo" | "coco" | "csv" | "jsonl";

/** Why data was deleted. */
export type DeletionKind = "retention" | "erasure";

/** A delivery with its attempts. */
export interface DeliveryDetail {
  id: string;
  /** `webhook-id` of the requests, the same at every attempt. */
  message_id: string;
  type: string;
  status: DeliveryStatus;
  attempts: number;
  created_at: string;
  /** When it is tried next, while it is pending. */
  due_at: string;
  delivered_at: string | null;
  /** Seconds from the hit's recording to its arrival. */
  since_hit_s: number | null;
  /** Seconds from the end of the passage to the arrival. */
  since_passage_s: number | null;
  log: Array<AttemptOut>;
}

/** One message to the endpoint. */
export interface DeliveryOut {
  id: string;
  /** `webhook-id` of the requests, the same at every attempt. */
  message_id: string;
  type: string;
  status: DeliveryStatus;
  attempts: number;
  created_at: string;
  /** When it is tried next, while it is pending. */
  due_at: string;
  delivered_at: string | null;
  /** Seconds from the hit's recording to its arrival. */
  since_hit_s: number | null;
  /** Seconds from the end of the passage to the arrival. */
  since_passage_s: number | null;
}

/** Deliveries, newest first. */
export interface DeliveryPage {
  items: Array<DeliveryOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** Where a webhook's delivery stands. */
export type DeliveryStatus = "pending" | "delivered" | "failed";

/** A wanted plate or pattern to add. */
export interface EntryIn {
  /** By default `wildcard` if there is a `?` or `*`, else `exact`. */
  kind?: BoloKind | null;
  /** A plate; a pattern with `?` for one character and `*` for any run; or a regular expression (RE2). */
  pattern: string;
  /** Misreads to forgive: none, look-alikes such as O and 0, or one wrong character as well. */
  tolerance?: Tolerance;
  region?: string | null;
  list_id: string;
  vehicle?: string;
  reason?: string;
  case_number?: string | null;
  /** Passages captured before do not match. */
  valid_from?: string | null;
  /** Passages captured from then on do not match. */
  valid_until?: string | null;
  active?: boolean;
  /** Take a pattern even if it matches much of the traffic. */
  confirm_broad?: boolean;
  /** Also raise historical hits of so many days; they alert nobody. */
  search_back_days?: number | null;
}

/** A wanted plate or pattern. */
export interface EntryOut {
  id: string;
  list_id: string;
  kind: BoloKind;
  pattern: string;
  tolerance: Tolerance;
  region: string | null;
  vehicle: string;
  reason: string;
  case_number: string | null;
  valid_from: string | null;
  valid_until: string | null;
  active: boolean;
  created_at: string;
  updated_at: string;
}

/** Entries, newest first. */
export interface EntryPage {
  items: Array<EntryOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** What to change of an entry; null takes an optional thing away. */
export interface EntryPatch {
  kind?: BoloKind;
  /** A plate; a pattern with `?` for one character and `*` for any run; or a regular expression (RE2). */
  pattern?: string;
  tolerance?: Tolerance;
  region?: string | null;
  vehicle?: string;
  reason?: string;
  case_number?: string | null;
  valid_from?: string | null;
  valid_until?: string | null;
  active?: boolean;
  /** Take a pattern even if it matches much of the traffic. */
  confirm_broad?: boolean;
}

/** What an erasure did. */
export interface ErasureOut {
  receipt_id: string;
  deleted: Record<string, number>;
  /** Passages that stay for a case. */
  held: number;
  /** Passages that stay because they are hits of wanted plates. */
  wanted: number;
  /** Uploads still to be read; what they show of the vehicle is erased then. */
  unread: number;
  /** False: the rest is erased by itself, and the receipt tells when. */
  complete: boolean;
}

/** One vehicle's passage before one camera. */
export interface EventOut {
  id: string;
  upload_id: string;
  camera_id: string;
  passage_no: number;
  /** What read it: `anpr` is this backend, others handed their reads in. */
  engine: string;
  /** The networks that read it, each with digits of its file's SHA-256; null of other engines. */
  model: string | null;
  /** What the machine read; `?` where it was unsure of a character. */
  plate: string;
  /** The same in letters and digits alone. */
  plate_normalized: string;
  /** The text as it was read. */
  raw_plate: string;
  readable: boolean;
  /** Confidence of the read, from 0 to 1. */
  score: number;
  /** Confidence that there is a plate at all. */
  dscore: number;
  region: Region | null;
  candidates: Array<Candidate>;
  vehicle: Record<string, unknown> | null;
  /** Null where the engine that read it did not say. */
  box: Box | null;
  /** When the best frame was taken. */
  captured_at: string;
  first_seen_at: string;
  last_seen_at: string;
  processed_at: string;
  first_frame: number;
  last_frame: number;
  best_frame: number;
  frames_seen: number;
  /** In how many frames the plate read the same. */
  frames_agreeing: number;
  review_status: ReviewStatus;
  /** What a person says that it reads, if they differ. */
  reviewed_plate: string | null;
  /** Where a person says that it is from; null if nobody said. */
  reviewed_region: string | null;
  /** What people and machine together say; null for a rejected passage. */
  effective_plate: string | null;
  /** Where people and machine together say that it is from; null where that is unknown. */
  effective_region: string | null;
  /** The known vehicle that the effective plate is of. Null too for an API key that lacks `vehicles:read`, and where the plate is unsure. */
  known_as: KnownAs | null;
  /** Link to the plate's image, good for an hour. */
  crop_url: string | null;
  /** Link to the whole frame, good for an hour. */
  frame_url: string | null;
  /** Only in a search for a plate. */
  match?: MatchOut | null;
}

/** Passages, newest first. */
export interface EventPage {
  items: Array<EventOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** Why a passage is taken as evidence. */
export interface EvidenceIn {
  /** Kept in the audit log. */
  reason: string;
}

/** What proves where a passage came from. */
export interface EvidenceOut {
  event_id: string;
  upload_id: string;
  file_name: string;
  /** Of the file that was read, as hex; null if unknown. */
  source_sha256: string | null;
  /** Of that file in the storage. */
  source_version_id: string | null;
  taken_at: string;
  taken_by: string;
  /** Number of the audit record of this. */
  audit_seq: number;
  /** Its hash in the chain of the log, as hex. */
  audit_hash: string;
}

/** What to export. */
export interface ExportIn {
  /** `crops`: plate images with labels.csv for plate readers. `yolo`, `coco`: full frames with labels for detectors. `csv`, `jsonl`: tables of the events. */
  contents?: Array<Content>;
  /** Not before this time. */
  captured_from?: string | null;
  /** Before this time. */
  captured_to?: string | null;
  /** Empty for all that the caller may see. */
  camera_ids?: Array<string>;
  /** Training data takes confirmed and corrected events alone. */
  statuses?: Array<ReviewStatus>;
  /** About which share of the plates goes to the validation set. */
  validation_share?: number;
  /** Send an e-mail when the export is ready. */
  notify?: boolean;
  /** Why; kept in the audit log. */
  reason: string;
}

/** Where to download an archive. */
export interface ExportLink {
  /** Good for an hour. */
  url: string;
}

/** An export, and how far it is. */
export interface ExportOut {
  id: string;
  requested_by: string | null;
  created_at: string;
  reason: string;
  notify: boolean;
  request: ExportRequest;
  /** Null for all cameras. */
  camera_ids: Array<string> | null;
  status: ExportStatus;
  /** From 0 to 1. */
  progress: number;
  events: number;
  images: number;
  /** No longer in the storage, and left out with their labels. */
  images_missing: number;
  size_bytes: number | null;
  failure_reason: string | null;
  finished_at: string | null;
  /** Then the archive is deleted. */
  expires_at: string | null;
  /** Whether a link to the archive may be asked for. */
  available: boolean;
}

/** Exports, newest first. */
export interface ExportPage {
  items: Array<ExportOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** Which events, and in which formats. Attributes: contents: what the archive holds: plate crops with `labels.csv`; full frames with YOLO or COCO labels; tables. captured_from: the earliest time of capture. captured_to: the first time of capture that is left out. camera_ids: the only cameras; empty for all that the caller may see. statuses: the review statuses. validation_share: about which share of the plates goes to the validation set. */
export interface ExportRequest {
  contents?: Array<Content>;
  captured_from?: string | null;
  captured_to?: string | null;
  camera_ids?: Array<string>;
  statuses?: Array<ReviewStatus>;
  validation_share?: number;
}

/** Where an export stands. */
export type ExportStatus = "queued" | "building" | "ready" | "failed" | "expired";

/** A part of the product that a licence may leave out. Reading plates and raising alerts is in every licence. */
export type Feature = "api_keys" | "exports" | "webhooks";

/** A link to the file that was read. */
export interface FootageLink {
  /** Takes requests for a part of it, as players make them. */
  url: string;
}

/** A past passage, and how it matches. */
export interface FoundOut {
  matched_by: MatchedBy;
  /** It is of another region than wanted, as the machine says. */
  region_differs: boolean;
  event: EventOut;
}

/** Cameras, one by one and by group. */
export interface GrantsIn {
  camera_ids?: Array<string>;
  group_ids?: Array<string>;
}

/** A group to make. */
export interface GroupIn {
  name: string;
  camera_ids?: Array<string>;
}

/** All groups by name. */
export interface GroupList {
  items: Array<GroupOut>;
}

/** A group of cameras. */
export interface GroupOut {
  id: string;
  name: string;
  camera_ids: Array<string>;
}

/** The cameras of a group, in place of those it has. */
export interface GroupPut {
  camera_ids: Array<string>;
}

/** All of them. */
export interface HealthOut {
  ok: boolean;
  checks: Record<string, ProbeOut>;
}

/** What was hit. */
export interface HitEntryOut {
  id: string;
  kind: BoloKind;
  pattern: string;
  tolerance: Tolerance;
  region: string | null;
  vehicle: string;
  reason: string;
  case_number: string | null;
}

/** The list that what was hit is on. */
export interface HitListOut {
  id: string;
  name: string;
  priority: Priority;
}

/** A passage that matched a wanted plate. */
export interface HitOut {
  id: string;
  /** What matched: the machine's read, or a person's. */
  plate: string;
  matched_by: MatchedBy;
  /** The plate is wanted of another region than it is known to be of. A machine often names a wrong one, so it rules no hit out; what a person says of the region does. */
  region_differs: boolean;
  /** Of which region the plate is wanted; null for any. */
  wanted_region: string | null;
  /** Of which it is: as a person said, or else as the machine is sure enough of. */
  read_region: string | null;
  /** A person had read the plate. */
  reviewed: boolean;
  /** Found by searching back; nobody was alerted. */
  historical: boolean;
  /** False for a repeat within the list's interval. */
  alert: boolean;
  duplicate_of: string | null;
  status: HitStatus;
  status_note: string;
  status_by: string | null;
  status_at: string | null;
  captured_at: string;
  created_at: string;
  first_notified_at: string | null;
  list: HitListOut;
  bolo: HitEntryOut;
  event: EventOut;
}

/** Hits, the latest capture first. */
export interface HitPage {
  items: Array<HitOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** What a person says of a hit. */
export interface HitPatch {
  status: HitStatus;
  note?: string;
}

/** What became of a hit. `withdrawn` is the backend's: the plate was corrected to one that is not wanted. */
export type HitStatus = "unverified" | "verified" | "wrong_read" | "wrong_vehicle" | "dismissed" | "withdrawn";

/** A legal hold to place. With a case number alone it holds the hits of that case's wanted plates. */
export interface HoldIn {
  case_number: string;
  /** Kept in the audit log. */
  reason: string;
  plate?: string | null;
  camera_id?: string | null;
  captured_from?: string | null;
  /** Not included. */
  captured_to?: string | null;
}

/** Holds, newest first. */
export interface HoldList {
  items: Array<HoldOut>;
}

/** A legal hold. */
export interface HoldOut {
  id: string;
  case_number: string;
  reason: string;
  plate: string | null;
  camera_id: string | null;
  captured_from: string | null;
  captured_to: string | null;
  created_by: string | null;
  created_at: string;
  released_at: string | null;
}

/** How a plate came to match. */
export type How = "exact" | "wildcard" | "confusable" | "edit";

/** What an import did, or would do. */
export interface ImportOut {
  rows: number;
  added: number;
  updated: number;
  unchanged: number;
  rejected: number;
  /** The first thousand. */
  errors: Array<RowErrorOut>;
  /** How many rows were taken for a plate or pattern and may be neither. */
  unsure: number;
  /** The first thousand of those, and what is unsure. */
  doubts: Array<RowErrorOut>;
  dry_run: boolean;
}

/** The reading of one upload; its id is the upload's. */
export interface JobOut {
  id: string;
  camera_id: string;
  file_name: string;
  status: UploadStatus;
  /** Share of the file that is read, from 0 to 1. */
  progress: number;
  /** How often reading it was begun. */
  attempts: number;
  frames_done: number;
  /** Passages found so far. */
  events_count: number;
  /** Those of them whose plate could not be read. */
  unreadable_count: number;
  /** Length of the footage in seconds. */
  duration_s: number | null;
  /** What was wrong with the file and could be coped with. */
  warning: string | null;
  /** Why the job failed, in words. */
  failure_reason: string | null;
  created_at: string;
  queued_at: string | null;
  started_at: string | null;
  /** When the worker was last heard of. */
  heartbeat_at: string | null;
  finished_at: string | null;
  /** The storage's name of the file that was read; null before that, or if it keeps one version. */
  source_version_id: string | null;
  /** SHA-256 of the file that was read, in hexadecimal. */
  source_sha256: string | null;
  /** How often a file was posted after one had been read; none of them is read or kept. */
  replacements: number;
  /** When that was noticed last. */
  replaced_at: string | null;
}

/** Jobs, newest first. */
export interface JobPage {
  items: Array<JobOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** The known vehicle that a passage is of. */
export interface KnownAs {
  id: string;
  name: string;
}

/** By camera, the one where something passed last first; cameras that nothing has passed are not in it. */
export interface LastPassageList {
  items: Array<LastPassageOut>;
}

/** What passed before a camera last. */
export interface LastPassageOut {
  camera_id: string;
  event_id: string;
  captured_at: string;
}

/** The licences that were activated here, the one activated last first. */
export interface LicenseList {
  items: Array<LicenseOut>;
}

/** A licence that was activated here. */
export interface LicenseOut {
  id: string;
  holder: string;
  plan: string;
  cameras: number;
  monthly_minutes: number;
  features: Array<Feature>;
  starts_on: string;
  /** Its last day (UTC). */
  expires_on: string;
  activated_at: string;
  activated_by: string | null;
}

/** What may be used now, and what is used. */
export interface LicenseStatusOut {
  /** `unlimited`: no issuer of licences is set here. `evaluation`: no licence is activated. `grace`: it expired, and still counts. `expired`: evaluation limits apply. */
  standing: Standing;
  holder: string | null;
  plan: string | null;
  features: Array<Feature>;
  expires_on: string | null;
  /** When the grace period ends. */
  ends_at: string | null;
  limits: Array<LimitOut>;
  warnings: Array<string>;
}

/** What is limited by number. */
export type LimitKind = "cameras" | "monthly_minutes";

/** How much of one limit is used. */
export interface LimitOut {
  limit: LimitKind;
  /** Null for who is limited to some cameras. */
  used: number | null;
  /** Null: no limit. */
  allowed: number | null;
  /** Null: it does not reset. */
  resets_at: string | null;
}

/** A list to make. */
export interface ListIn {
  name: string;
  description?: string;
  priority?: Priority;
  active?: boolean;
  /** Hits of one vehicle at one camera within so many seconds are one alert. */
  alert_interval_s?: number;
}

/** A list of wanted plates. */
export interface ListOut {
  id: string;
  name: string;
  description: string;
  priority: Priority;
  active: boolean;
  alert_interval_s: number;
  created_at: string;
}

/** Lists, newest first. */
export interface ListPage {
  items: Array<ListOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** What to change of a list. */
export interface ListPatch {
  name?: string;
  description?: string;
  priority?: Priority;
  active?: boolean;
  /** Hits of one vehicle at one camera within so many seconds are one alert. */
  alert_interval_s?: number;
}

/** Who wants to log in. */
export interface LoginIn {
  email: string;
  password: string;
}

/** How to compare plates. */
export type Match = "exact" | "wildcard" | "fuzzy";

/** How a passage matches the plate that was searched for. */
export interface MatchOut {
  how: How;
  /** Edits between the two, look-alikes not counted. */
  distance: number;
}

/** How a read came to match a wanted plate, the surest first. */
export type MatchedBy = "exact" | "wildcard" | "regex" | "confusable" | "candidate" | "one_edit";

/** The months that have a report, newest first: `2026-05`. */
export interface MonthList {
  items: Array<string>;
}

/** A new endpoint, with its secret. */
export interface NewWebhookOut {
  secret: string;
  id: string;
  url: string;
  description: string;
  event_types: Array<string>;
  list_ids: Array<string> | null;
  active: boolean;
  /** Nothing has arrived since. */
  failing_since: string | null;
  disabled_at: string | null;
  disabled_reason: string | null;
  /** Until then the replaced secret signs too. */
  previous_secret_until: string | null;
  created_at: string;
}

/** What became of a read: a passage, part of one that was there, or nothing, since it came before. */
export type Outcome = "recorded" | "stitched" | "repeated";

/** A new password of one's own. */
export interface PasswordChange {
  current_password: string;
  new_password: string;
}

/** Where a plate is, in pixels of the upright picture. */
export interface PictureBox {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
}

/** A reading, with its share of the belief. */
export interface PictureCandidate {
  plate: string;
  score: number;
}

/** What is in a picture. */
export interface PictureOut {
  /** The surest first. */
  plates: Array<PicturePlate>;
  width: number;
  height: number;
  /** What is wrong with the file, in words. */
  defect: string | null;
  /** Null where no camera is named, and so nothing was kept. */
  camera_id: string | null;
  captured_at: string | null;
  /** Of the reading, with the wait for its turn. */
  processing_ms: number;
}

/** One plate in a picture. */
export interface PicturePlate {
  plate: string;
  score: number;
  dscore: number;
  readable: boolean;
  region: PictureRegion | null;
  box: PictureBox;
  candidates: Array<PictureCandidate>;
  /** `recorded` as a new passage; `stitched` to one of the same plate some seconds before; `repeated` where the picture came before. Null where no camera is named. */
  outcome: Outcome | null;
  event_id: string | null;
}

/** Where a plate is from. */
export interface PictureRegion {
  code: string;
  score: number;
}

/** A JPEG that is to be posted by a form. */
export interface PictureToCome {
  /** It must have exactly this size. */
  size_bytes: number;
  /** Of its content, in hexadecimal; it is named by that. */
  sha256: string;
}

/** A place, as GeoJSON has it: longitude first. */
export interface Point {
  type?: "Point";
  coordinates: [number, number];
}

/** A plate or pattern to try on the past. */
export interface PreviewIn {
  /** By default `wildcard` if there is a `?` or `*`, else `exact`. */
  kind?: BoloKind | null;
  /** A plate; a pattern with `?` for one character and `*` for any run; or a regular expression (RE2). */
  pattern: string;
  /** Misreads to forgive: none, look-alikes such as O and 0, or one wrong character as well. */
  tolerance?: Tolerance;
  region?: string | null;
  /** How many days to look back. */
  days?: number;
  /** Why; kept in the audit log. */
  reason: string;
}

/** What a plate or pattern would have matched. */
export interface PreviewOut {
  /** From when on passages were compared. */
  since: string;
  /** False where there were too many passages to compare all. */
  complete: boolean;
  matched: number;
  /** How many match in which way. */
  by: Record<string, number>;
  /** The newest passages, 50 at most. */
  sample: Array<FoundOut>;
}

/** How urgent a list's hits are. */
export type Priority = "low" | "normal" | "high" | "critical";

/** One service that the backend needs. */
export interface ProbeOut {
  ok: boolean;
  latency_ms: number;
  /** What is wrong, in words. */
  error: string | null;
}

/** What went wrong, as RFC 9457 has it. */
export interface Problem {
  /** Which kind of problem; stable, for programs. */
  type: string;
  title: string;
  status: number;
  /** What happened this time, for people. */
  detail: string;
  instance: string;
  request_id: string;
  errors?: Array<ProblemPart> | null;
}

/** One thing that is wrong with a request. */
export interface ProblemPart {
  /** JSON pointer into the body, or `/query/…`, `/path/…`, `/header/…`. */
  pointer: string;
  detail?: string | null;
}

/** Where the plate is in the frame, in pixels. */
export interface ReadBox {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
}

/** Another reading, with its score. */
export interface ReadCandidate {
  plate: string;
  score: number;
}

/** A read that a camera or another system made. */
export interface ReadIn {
  /** The sender's own id of it; sent twice, it counts once. */
  read_id: string;
  engine: string;
  /** The camera's id, name or serial number here. */
  camera: string;
  plate: string;
  /** When it was taken; without a zone, as the clock at the camera showed it. */
  captured_at: string;
  /** Confidence of the read; 0 where none is known. */
  score?: number;
  /** Confidence that there is a plate at all. */
  dscore?: number;
  region?: ReadRegion | null;
  box?: ReadBox | null;
  candidates?: Array<ReadCandidate>;
  /** In your own words. */
  vehicle?: Record<string, string | number | boolean | null> | null;
  crop?: string | null;
  frame?: string | null;
  /** Asks for a form to post it with. */
  crop_to_come?: PictureToCome | null;
  /** Asks for a form to post it with. */
  frame_to_come?: PictureToCome | null;
}

/** What became of the reads of a message, in its order; of none in a message that is no read. */
export interface ReadList {
  items: Array<ReadOut>;
}

/** What became of a read. */
export interface ReadOut {
  /** `recorded` as a new passage; `stitched` to a passage of the same plate at this camera some seconds before; `repeated` where it came before. */
  outcome: Outcome;
  event_id: string;
  camera_id: string;
  captured_at: string;
  /** Only where it was asked for. */
  crop_form?: UploadForm | null;
  /** Only where it was asked for. */
  frame_form?: UploadForm | null;
}

/** Where the plate is from. */
export interface ReadRegion {
  code: string;
  score?: number | null;
}

/** What one run of retention, or one erasure, deleted. */
export interface ReceiptOut {
  id: string;
  kind: DeletionKind;
  started_at: string;
  finished_at: string;
  /** What was recorded before went, by class. */
  cutoffs: Record<string, string>;
  deleted: Record<string, number>;
  kept: Record<string, number>;
}

/** Receipts, newest first. */
export interface ReceiptPage {
  items: Array<ReceiptOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** The passages that were recorded last, the latest first. */
export interface RecentOut {
  items: Array<ArrivalOut>;
}

/** A refresh token. */
export interface RefreshIn {
  refresh_token: string;
}

/** Where a plate is from. */
export interface Region {
  code: string;
  score: number | null;
}

/** Why an event has no plate that could be confirmed or corrected. */
export type RejectReason = "not_a_plate" | "unreadable" | "wrong_vehicle";

/** For how many days each class of data is kept, counted from when it was recorded here. */
export interface RetentionOut {
  /** Uploaded files. */
  uploads_days: number | null;
  /** Crops and frames of passages without a hit. */
  crops_days: number | null;
  /** Passages without a hit, and uploads left empty. */
  events_days: number | null;
  /** Passages with a hit, their crops and frames. */
  hits_days: number | null;
  /** Audit records. */
  audit_days: number | null;
}

/** Reviews, the most urgent first. */
export interface ReviewList {
  items: Array<ReviewOut>;
}

/** An event's place in the review queue. */
export interface ReviewOut {
  event: EventOut;
  /** How unsure the machine's read is, from 0 to 1. */
  doubt: number;
  /** An unverified hit hangs on it. */
  open_hit: boolean;
  /** Somebody asked for a second opinion. */
  second_opinion: boolean;
  second_opinion_note: string;
  /** The last second opinion differed from the verdict before. */
  disagreement: boolean;
  /** It waits for a verdict. */
  open: boolean;
  claimed_by: string | null;
  claimed_until: string | null;
}

/** What people said of an event's read. */
export type ReviewStatus = "unreviewed" | "confirmed" | "corrected" | "rejected";

/** What a user may do; each role includes the ones after it. */
export type Role = "admin" | "reviewer" | "viewer";

/** What is wrong or unsure with one row of a file; `line` is where it begins. */
export interface RowErrorOut {
  line: number;
  plate: string;
  detail: string;
}

/** What the other reviewer should look at. */
export interface SecondOpinionIn {
  note?: string;
}

/** A secret, to verify signatures with as Standard Webhooks describes; never shown again. */
export interface SecretOut {
  secret: string;
}

/** One of one's own logins that has not ended. */
export interface SessionLogin {
  id: string;
  /** When the password was given. */
  begun_at: string;
  /** When it was last heard of, to a quarter of an hour. */
  renewed_at: string;
  /** When it ends if it is not renewed before. */
  expires_at: string;
  /** Whether this request was made with it. */
  current: boolean;
}

/** One's own logins, the one last heard of first. */
export interface SessionLoginList {
  items: Array<SessionLogin>;
}

/** An access token, to be sent with each request; the refresh token is in a cookie beside it. */
export interface SessionOut {
  access_token: string;
  token_type?: "Bearer";
  /** Seconds until the access token expires. */
  expires_in: number;
}

/** Another reading. */
export interface SnapshotCandidate {
  score: number;
  plate: string;
}

/** What is in a picture. */
export interface SnapshotOut {
  /** Milliseconds. */
  processing_time: number;
  results: Array<SnapshotPlate>;
  filename: string;
  version: number;
  camera_id: string | null;
  timestamp: string;
}

/** One plate; in small letters. */
export interface SnapshotPlate {
  box: WholeBox;
  plate: string;
  region: SnapshotRegion;
  score: number;
  candidates: Array<SnapshotCandidate>;
  dscore: number;
  vehicle: SnapshotVehicle;
  /** Of the passage, where a camera is named: the backend's own. */
  event_id: string | null;
}

/** Why there is no answer. */
export interface SnapshotRefusal {
  detail: string;
  status_code: number;
}

/** Where a plate is from; without a code and with a score of 0 where that is unknown. */
export interface SnapshotRegion {
  code: string;
  score: number;
}

/** The vehicle, which is not looked for: its box is the plate's, its type unknown. */
export interface SnapshotVehicle {
  score: number;
  type: string;
  box: WholeBox;
}

/** What the present limits come from. */
export type Standing = "unlimited" | "evaluation" | "licensed" | "grace" | "expired";

/** How long each count is. */
export type Step = "hour" | "day";

/** A camera's live stream. */
export interface StreamIn {
  /** `rtsp://` or `rtsps://`, with user and password where the camera asks for them. It is stored encrypted and never shown again. */
  url: string;
}

/** How a camera's live stream does. */
export interface StreamOut {
  /** Host and port; the rest of the address is a secret. */
  place: string;
  /** `waiting` where no process reads it. */
  state: StreamState;
  /** What is wrong, in words; null if nothing is. */
  reason: string | null;
  connected_since: string | null;
  /** When the latest picture came. */
  last_frame_at: string | null;
  /** Pictures a second that come. */
  fps_in: number | null;
  /** Pictures a second that are looked at. */
  fps_read: number | null;
  /** How old a picture is when it is looked at, in seconds. */
  lag_s: number | null;
}

/** How the connection to a camera is. */
export type StreamState = "waiting" | "connecting" | "connected" | "lost";

/** That a passage was a hit of a wanted plate. */
export interface SubjectHit {
  event_id: string;
  matched_by: MatchedBy;
  status: HitStatus;
  created_at: string;
}

/** What is kept of one vehicle. */
export interface SubjectOut {
  plate: string;
  passages: number;
  hits: number;
  /** Exported archives that it is in. */
  archives: number;
  /** How often the plate was searched for, as far as the log goes back. */
  searches: number;
  /** By which names it is known, and what is noted of it. */
  vehicles: Array<VehicleOut>;
  items: Array<EventOut>;
  /** The hits among these passages. */
  item_hits: Array<SubjectHit>;
  next_cursor: string | null;
}

/** Who is to be told of a list's hits. */
export interface SubscriptionIn {
  channel: Channel;
  /** An e-mail address, or a telephone number (E.164). */
  address: string;
}

/** All of a list's subscriptions. */
export interface SubscriptionList {
  items: Array<SubscriptionOut>;
}

/** Somebody who is told of a list's hits; by e-mail, once they followed the link that they were sent. */
export interface SubscriptionOut {
  id: string;
  channel: Channel;
  address: string;
  created_at: string;
}

/** Tokens: the access token goes into each request, the refresh token gets the next pair, once. */
export interface TokensOut {
  access_token: string;
  refresh_token: string;
  token_type?: "Bearer";
  /** Seconds until the access token expires. */
  expires_in: number;
}

/** Which misreads a wanted plate forgives; each includes the ones before it. */
export type Tolerance = "none" | "confusables" | "one_edit";

/** Counts by time and camera, the earliest first; where nothing passed there is none. */
export interface TrafficList {
  items: Array<TrafficOut>;
}

/** One camera's passages of one hour or day. */
export interface TrafficOut {
  camera_id: string;
  /** When the hour or day begins, in the camera's time zone. */
  start: string;
  passages: number;
  /** Those whose plate could not be read. */
  unreadable: number;
  /** Mean score of the reads of the others. */
  score: number | null;
}

/** An upload that waits for its file, and the form to post it with. */
export interface UploadCreated {
  id: string;
  camera_id: string;
  created_by: string | null;
  file_name: string;
  content_type: string;
  size_bytes: number;
  captured_at: string;
  created_at: string;
  status: UploadStatus;
  /** The storage's name of the file that was read; null before that, or if it keeps one version. */
  source_version_id: string | null;
  /** SHA-256 of the file that was read, in hexadecimal. */
  source_sha256: string | null;
  /** How often a file was posted after one had been read; none of them is read or kept. */
  replacements: number;
  /** When that was noticed last. */
  replaced_at: string | null;
  /** Null if a repeated request finds that the file has come. */
  form: UploadForm | null;
}

/** How to send the file: by `POST` as `multipart/form-data`, its fields first, the file last; by `PUT` as body. */
export interface UploadForm {
  url: string;
  method: "POST" | "PUT";
  /** Of the form; empty for `PUT`. */
  fields: Record<string, string>;
  /** To send as they stand; empty for `POST`. */
  headers: Record<string, string>;
  expires_at: string;
}

/** A file to upload. */
export interface UploadIn {
  file_name: string;
  /** `video/…`, `image/avif`, `image/bmp`, `image/gif`, `image/jpeg`, `image/png`, `image/tiff`, `image/webp`; in small letters, without parameters. */
  content_type: string;
  /** The file must have exactly this size. */
  size_bytes: number;
  camera_id: string;
  /** When the first frame was taken, with its time zone. */
  captured_at: string;
}

/** An upload. */
export interface UploadOut {
  id: string;
  camera_id: string;
  created_by: string | null;
  file_name: string;
  content_type: string;
  size_bytes: number;
  captured_at: string;
  created_at: string;
  status: UploadStatus;
  /** The storage's name of the file that was read; null before that, or if it keeps one version. */
  source_version_id: string | null;
  /** SHA-256 of the file that was read, in hexadecimal. */
  source_sha256: string | null;
  /** How often a file was posted after one had been read; none of them is read or kept. */
  replacements: number;
  /** When that was noticed last. */
  replaced_at: string | null;
}

/** Uploads, newest first. */
export interface UploadPage {
  items: Array<UploadOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** Where an upload stands, from the form that was asked for to the end of its job. */
export type UploadStatus = "awaiting_file" | "queued" | "processing" | "succeeded" | "failed" | "expired";

/** Use by day or month, and camera. */
export interface UsageList {
  items: Array<UsageOut>;
}

/** One camera's use on one day, or in one month. */
export interface UsageOut {
  /** The day, or the month's first. */
  period: string;
  camera_id: string;
  /** Null for a camera that is gone, and for pictures that were answered at once without a camera. */
  camera_name: string | null;
  uploads: number;
  /** Length of the footage; images are not in it. */
  minutes: number;
  frames: number;
  images: number;
  events: number;
}

/** What a user may see. */
export interface UserCamerasIn {
  camera_ids?: Array<string>;
  group_ids?: Array<string>;
  /** False: every camera; then no camera and no group may be named. */
  limited: boolean;
}

/** What a user may see. */
export interface UserCamerasOut {
  limited: boolean;
  camera_ids: Array<string>;
  group_ids: Array<string>;
}

/** An account to make. */
export interface UserIn {
  email: string;
  password: string;
  role: Role;
  full_name?: string;
}

/** An account. */
export interface UserOut {
  id: string;
  email: string;
  full_name: string;
  role: Role;
  active: boolean;
  created_at: string;
  last_login_at: string | null;
}

/** Accounts, newest first. */
export interface UserPage {
  items: Array<UserOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** What to change of an account; what is left out stays, and nothing can be null. */
export interface UserPatch {
  role?: Role;
  active?: boolean;
  full_name?: string;
  /** A new password for somebody who forgot theirs. */
  password?: string;
}

/** A vehicle to name. */
export interface VehicleIn {
  /** With or without separators; no pattern. */
  plate: string;
  region?: string | null;
  /** What people call it. */
  name: string;
  note?: string;
}

/** A vehicle that people know by name. */
export interface VehicleOut {
  id: string;
  /** As it was typed; look-alikes such as O and 0 are the same plate. */
  plate: string;
  region: string | null;
  name: string;
  note: string;
  created_by: string | null;
  created_at: string;
  updated_at: string;
}

/** Known vehicles, the latest named first. */
export interface VehiclePage {
  items: Array<VehicleOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** What to change of a known vehicle; null takes its region away. */
export interface VehiclePatch {
  /** With or without separators; no pattern. */
  plate?: string;
  region?: string | null;
  /** What people call it. */
  name?: string;
  note?: string;
}

/** What a reviewer says of an event's read. */
export type Verdict = "confirmed" | "corrected" | "rejected";

/** What a reviewer says of a read. */
export interface VerdictIn {
  verdict: Verdict;
  /** The right text; needed by `corrected`, and only there. */
  plate?: string | null;
  /** With `corrected`: where the plate is from, as in ISO 3166, such as `gb` or `us-ca`. */
  region?: string | null;
  /** Needed by `rejected`, and only there. */
  reject_reason?: RejectReason | null;
  note?: string;
  /** The verdict that stands on the event and is to be replaced; see the event's history. */
  supersedes?: string | null;
}

/** Verdicts, the newest first. */
export interface VerdictList {
  items: Array<VerdictOut>;
}

/** A verdict. */
export interface VerdictOut {
  id: string;
  event_id: string;
  reviewer_id: string | null;
  /** Name of who gave it, or their e-mail address. */
  reviewer: string | null;
  verdict: Verdict;
  plate: string | null;
  region: string | null;
  reject_reason: RejectReason | null;
  note: string;
  supersedes: string | null;
  second_opinion: boolean;
  created_at: string;
  undone_at: string | null;
  undone_by: string | null;
}

/** Why somebody watches the footage. */
export interface WatchIn {
  /** Kept in the audit log. */
  reason: string;
}

/** An endpoint to register. */
export interface WebhookIn {
  /** An https address on the public internet. */
  url: string;
  description?: string;
  /** What to be told of. */
  event_types?: Array<"bolo.matched" | "bolo.updated" | "audit.anchored" | "camera.silent" | "camera.back">;
  list_ids?: Array<string> | null;
  active?: boolean;
}

/** An endpoint. Its secret is shown once, when it is made. */
export interface WebhookOut {
  id: string;
  url: string;
  description: string;
  event_types: Array<string>;
  list_ids: Array<string> | null;
  active: boolean;
  /** Nothing has arrived since. */
  failing_since: string | null;
  disabled_at: string | null;
  disabled_reason: string | null;
  /** Until then the replaced secret signs too. */
  previous_secret_until: string | null;
  created_at: string;
}

/** Endpoints, newest first. */
export interface WebhookPage {
  items: Array<WebhookOut>;
  /** Ask with it for the next page; null on the last one. */
  next_cursor: string | null;
}

/** What to change of an endpoint; with `active` true, an endpoint that was disabled is sent what waited. */
export interface WebhookPatch {
  /** An https address on the public internet. */
  url?: string;
  description?: string;
  /** What to be told of. */
  event_types?: Array<"bolo.matched" | "bolo.updated" | "audit.anchored" | "camera.silent" | "camera.back">;
  list_ids?: Array<string> | null;
  active?: boolean;
}

/** A box in whole pixels. */
export interface WholeBox {
  xmin: number;
  ymin: number;
  xmax: number;
  ymax: number;
}

export interface LogInArgs {
  body: LoginIn;
}

export interface RefreshArgs {
  body: RefreshIn;
}

export interface LogOutArgs {
  body: RefreshIn;
}

export interface BeginSessionArgs {
  body: LoginIn;
}

export interface CreateKeyArgs {
  body: ApiKeyIn;
}

export interface RevokeKeyArgs {
  key_id: string;
}

export interface ListUsersArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
}

export interface CreateUserArgs {
  body: UserIn;
}

export interface ChangeOwnPasswordArgs {
  body: PasswordChange;
}

export interface EndOwnSessionArgs {
  session_id: string;
}

export interface GetUserArgs {
  user_id: string;
}

export interface ChangeUserArgs {
  user_id: string;
  body: UserPatch;
}

export interface GetUserCamerasArgs {
  user_id: string;
}

export interface ChangeUserCamerasArgs {
  user_id: string;
  body: UserCamerasIn;
}

export interface CreateCameraGroupArgs {
  body: GroupIn;
}

export interface ChangeCameraGroupArgs {
  group_id: string;
  body: GroupPut;
}

export interface DeleteCameraGroupArgs {
  group_id: string;
}

export interface ListCamerasArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  /** Only those that take uploads, or only those that do not. */
  active?: boolean | null;
  /** `geojson` for a map; or ask by `Accept`. */
  format?: "json" | "geojson" | null;
}

export interface CreateCameraArgs {
  body: CameraIn;
}

export interface GetCameraArgs {
  camera_id: string;
}

export interface ChangeCameraArgs {
  camera_id: string;
  body: CameraPatch;
}

export interface DeleteCameraArgs {
  camera_id: string;
}

export interface SetStreamArgs {
  camera_id: string;
  body: StreamIn;
}

export interface RemoveStreamArgs {
  camera_id: string;
}

export interface CreateUploadArgs {
  body: UploadIn;
}

export interface ListUploadsArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  camera_id?: string | null;
  status?: UploadStatus | null;
}

export interface GetUploadArgs {
  upload_id: string;
}

export interface LinkFootageArgs {
  upload_id: string;
  body: WatchIn;
}

export interface CompleteUploadArgs {
  upload_id: string;
}

export interface ListJobsArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  camera_id?: string | null;
  status?: UploadStatus | null;
}

export interface GetJobArgs {
  job_id: string;
}

export interface RetryJobArgs {
  job_id: string;
}

export interface CreateReadArgs {
  body: ReadIn;
}

export interface CreateEngineReadsArgs {
  engine: "axis" | "dahua" | "genetec" | "hikvision" | "platerecognizer" | "rekor" | "unifi";
  /** The camera's id, name or serial number here; by default as the message calls it. */
  camera?: string | null;
  body: unknown;
}

export interface FindEventsArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  /** Not before this time. */
  captured_from?: string | null;
  /** Before this time. */
  captured_to?: string | null;
  /** Recorded here not before this time, whenever they were captured: what is new since then. */
  processed_from?: string | null;
  /** At this camera; may be repeated. */
  camera_id?: Array<string>;
  /** A plate, with or without separators; or a pattern: `?` is one character, `*` is any run. */
  plate?: string | null;
  /** How to compare; by default `wildcard` if the plate has one, else `exact`. */
  match?: Match | null;
  /** With `match=fuzzy`: how many characters may be wrong, missing or too many; 1 by default. Look-alikes such as O and 0 do not count. */
  max_edits?: number | null;
  min_score?: number | null;
  readable?: boolean | null;
  review_status?: ReviewStatus | null;
  /** Where people and machine together say that it is from; a country includes its states. */
  region?: string | null;
  /** Why a plate is searched for; kept in the audit log. */
  reason?: string | null;
}

export interface WatchEventsArgs {
  /** The most passages to return. */
  limit?: number;
  /** At this camera; may be repeated. */
  camera_id?: Array<string>;
}

export interface GetEventArgs {
  event_id: string;
}

export interface TakeEvidenceArgs {
  event_id: string;
  body: EvidenceIn;
}

export interface SeeQueueArgs {
  limit?: number;
  /** At this camera; may be repeated. */
  camera_id?: Array<string>;
}

export interface ClaimNextArgs {
  body: ClaimIn;
}

export interface GetAgreementArgs {
  captured_from?: string | null;
  captured_to?: string | null;
  /** At this camera; may be repeated. */
  camera_id?: Array<string>;
}

export interface GetVerdictsArgs {
  event_id: string;
}

export interface GiveVerdictArgs {
  event_id: string;
  body: VerdictIn;
}

export interface ClaimEventArgs {
  event_id: string;
}

export interface ReleaseEventArgs {
  event_id: string;
}

export interface AskSecondOpinionArgs {
  event_id: string;
  body: SecondOpinionIn;
}

export interface UndoVerdictArgs {
  verdict_id: string;
}

export interface ListVehiclesArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  /** Of this plate, look-alikes included. */
  plate?: string | null;
  /** With this in their name, in any case of letters. */
  name?: string | null;
}

export interface NameVehicleArgs {
  body: VehicleIn;
}

export interface GetVehicleArgs {
  vehicle_id: string;
}

export interface ChangeVehicleArgs {
  vehicle_id: string;
  body: VehiclePatch;
}

export interface ForgetVehicleArgs {
  vehicle_id: string;
}

export interface CreateExportArgs {
  body: ExportIn;
}

export interface ListExportsArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
}

export interface GetExportArgs {
  export_id: string;
}

export interface WithdrawExportArgs {
  export_id: string;
}

export interface LinkExportArgs {
  export_id: string;
}

export interface GetTrafficArgs {
  captured_from?: string | null;
  captured_to?: string | null;
  /** Count by hour, at most 31 days of them, or by day, at most 366. */
  step?: Step;
  /** At this camera; may be repeated. */
  camera_id?: Array<string>;
}

export interface ListBoloListsArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
}

export interface CreateBoloListArgs {
  body: ListIn;
}

export interface GetBoloListArgs {
  list_id: string;
}

export interface ChangeBoloListArgs {
  list_id: string;
  body: ListPatch;
}

export interface DeleteBoloListArgs {
  list_id: string;
}

export interface ListSubscriptionsArgs {
  list_id: string;
}

export interface CreateSubscriptionArgs {
  list_id: string;
  body: SubscriptionIn;
}

export interface DeleteSubscriptionArgs {
  list_id: string;
  subscription_id: string;
}

export interface ImportEntriesArgs {
  list_id: string;
  /** Only say what would be done. */
  dry_run?: boolean;
  /** Take a pattern even if it matches much of the traffic. */
  confirm_broad?: boolean;
  body: string | Blob;
}

export interface ExportEntriesArgs {
  list_id: string;
  /** From the `Link` of the part before. */
  cursor?: string | null;
}

export interface ListHitsArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  list_id?: string | null;
  bolo_id?: string | null;
  event_id?: string | null;
  camera_id?: string | null;
  status?: HitStatus | null;
  /** False for repeats and historical hits. */
  alert?: boolean | null;
  historical?: boolean | null;
  /** Not before this time. */
  captured_from?: string | null;
  /** Before this time. */
  captured_to?: string | null;
}

export interface GetHitArgs {
  hit_id: string;
}

export interface JudgeHitArgs {
  hit_id: string;
  body: HitPatch;
}

export interface ListBolosArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  list_id?: string | null;
  /** Entries with exactly this plate or pattern. */
  plate?: string | null;
  case_number?: string | null;
  active?: boolean | null;
}

export interface CreateBoloArgs {
  body: EntryIn;
}

export interface PreviewBoloArgs {
  body: PreviewIn;
}

export interface GetBoloArgs {
  bolo_id: string;
}

export interface ChangeBoloArgs {
  bolo_id: string;
  body: EntryPatch;
}

export interface DeleteBoloArgs {
  bolo_id: string;
}

export interface SearchBackArgs {
  bolo_id: string;
  body: BackSearchIn;
}

export interface ListWebhooksArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
}

export interface CreateWebhookArgs {
  body: WebhookIn;
}

export interface GetWebhookArgs {
  webhook_id: string;
}

export interface ChangeWebhookArgs {
  webhook_id: string;
  body: WebhookPatch;
}

export interface DeleteWebhookArgs {
  webhook_id: string;
}

export interface RotateSecretArgs {
  webhook_id: string;
}

export interface TestWebhookArgs {
  webhook_id: string;
}

export interface ListDeliveriesArgs {
  webhook_id: string;
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  status?: DeliveryStatus | null;
}

export interface GetDeliveryArgs {
  webhook_id: string;
  delivery_id: string;
}

export interface ReplayDeliveryArgs {
  webhook_id: string;
  delivery_id: string;
}

export interface ActivateLicenseArgs {
  body: ActivationIn;
}

export interface GetUsageArgs {
  /** First day (UTC). */
  start: string;
  /** Last day (UTC). */
  end: string;
  camera_id?: string | null;
  /** In place of the `Accept` header. */
  format?: "json" | "csv" | null;
}

export interface GetUsageReportArgs {
  /** Such as 2026-05. */
  month: string;
  /** In place of the `Accept` header. */
  format?: "json" | "csv" | null;
}

export interface ListAuditArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  actor_id?: string | null;
  action?: string | null;
  /** Such as `plate:B172WAW` or `event:…`. */
  target?: string | null;
  /** Not before this time. */
  start?: string | null;
  /** Before this time. */
  end?: string | null;
}

export interface ListHoldsArgs {
  case_number?: string | null;
  /** False lists released ones too. */
  active?: boolean;
}

export interface PlaceHoldArgs {
  body: HoldIn;
}

export interface ReleaseHoldArgs {
  hold_id: string;
  /** Kept in the audit log. */
  reason: string;
}

export interface ListReceiptsArgs {
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
}

export interface GetSubjectArgs {
  /** With or without separators; no pattern. */
  plate: string;
  /** The most items to return. */
  limit?: number;
  /** `next_cursor` of the page before; leave out for the first. */
  cursor?: string | null;
  /** Kept in the audit log. */
  reason: string;
}

export interface EraseSubjectArgs {
  /** With or without separators; no pattern. */
  plate: string;
  /** Kept in the audit log. */
  reason: string;
  /** Erase hits of wanted plates too. */
  include_hits?: boolean;
}

export interface ReadPictureArgs {
  /** Id, name or serial number of a camera: recorded for it; without one, nothing is kept. */
  camera?: string | null;
  /** When it was taken, if a camera is named; the same picture and time again count once. */
  captured_at?: string | null;
  /** Where most plates are from; by default, what the camera's `region_hint` says. */
  region?: Array<string>;
  /** Take half the time, and perhaps miss small plates. */
  fast?: boolean;
  /** Of plates that are given; by default what counts as readable. */
  least_score?: number | null;
  body: string | Blob;
}

export interface ReadSnapshotArgs {
  body: string | Blob;
}

export interface ReadSnapshotWithoutSlashArgs {
  body: string | Blob;
}
