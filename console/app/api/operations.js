// Made from functions/api/openapi.json by `python -m infra.console client`; not to be edited.
import { call } from './client.js';

/** @typedef {import('./client.js').Options} Options */

/**
 * Log in.
 * @param {import('./schema.d.ts').LogInArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').TokensOut>}
 */
export const logIn = (args, options) =>
  call('POST', '/auth/login', args, [], options);

/**
 * Get new tokens.
 * @param {import('./schema.d.ts').RefreshArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').TokensOut>}
 */
export const refresh = (args, options) =>
  call('POST', '/auth/refresh', args, [], options);

/**
 * Log out.
 * @param {import('./schema.d.ts').LogOutArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const logOut = (args, options) =>
  call('POST', '/auth/logout', args, [], options);

/**
 * Log in with a browser.
 * @param {import('./schema.d.ts').BeginSessionArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').SessionOut>}
 */
export const beginSession = (args, options) =>
  call('POST', '/auth/session', args, [], options);

/**
 * Stay logged in with a browser.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').SessionOut>}
 */
export const renewSession = (options) =>
  call('PUT', '/auth/session', {}, [], options);

/**
 * Log out with a browser.
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const endSession = (options) =>
  call('DELETE', '/auth/session', {}, [], options);

/**
 * List machines' keys.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ApiKeyList>}
 */
export const listKeys = (options) =>
  call('GET', '/auth/keys', {}, [], options);

/**
 * Make a key for a machine.
 * @param {import('./schema.d.ts').CreateKeyArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ApiKeyCreated>}
 */
export const createKey = (args, options) =>
  call('POST', '/auth/keys', args, [], options);

/**
 * Revoke a machine's key.
 * @param {import('./schema.d.ts').RevokeKeyArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const revokeKey = (args, options) =>
  call('DELETE', '/auth/keys/{key_id}', args, [], options);

/**
 * List accounts.
 * @param {import('./schema.d.ts').ListUsersArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UserPage>}
 */
export const listUsers = (args = {}, options) =>
  call('GET', '/users', args, ['limit', 'cursor'], options);

/**
 * Make an account.
 * @param {import('./schema.d.ts').CreateUserArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UserOut>}
 */
export const createUser = (args, options) =>
  call('POST', '/users', args, [], options);

/**
 * Get one's own account.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UserOut>}
 */
export const getOwnUser = (options) =>
  call('GET', '/users/me', {}, [], options);

/**
 * Change one's own password.
 * @param {import('./schema.d.ts').ChangeOwnPasswordArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const changeOwnPassword = (args, options) =>
  call('POST', '/users/me/password', args, [], options);

/**
 * List one's own logins.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').SessionLoginList>}
 */
export const listOwnSessions = (options) =>
  call('GET', '/users/me/sessions', {}, [], options);

/**
 * End one of one's own logins.
 * @param {import('./schema.d.ts').EndOwnSessionArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const endOwnSession = (args, options) =>
  call('DELETE', '/users/me/sessions/{session_id}', args, [], options);

/**
 * Get an account.
 * @param {import('./schema.d.ts').GetUserArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UserOut>}
 */
export const getUser = (args, options) =>
  call('GET', '/users/{user_id}', args, [], options);

/**
 * Change an account.
 * @param {import('./schema.d.ts').ChangeUserArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UserOut>}
 */
export const changeUser = (args, options) =>
  call('PATCH', '/users/{user_id}', args, [], options);

/**
 * Get the cameras that a user is limited to.
 * @param {import('./schema.d.ts').GetUserCamerasArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UserCamerasOut>}
 */
export const getUserCameras = (args, options) =>
  call('GET', '/users/{user_id}/cameras', args, [], options);

/**
 * Limit a user to cameras.
 * @param {import('./schema.d.ts').ChangeUserCamerasArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UserCamerasOut>}
 */
export const changeUserCameras = (args, options) =>
  call('PUT', '/users/{user_id}/cameras', args, [], options);

/**
 * List camera groups.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').GroupList>}
 */
export const listCameraGroups = (options) =>
  call('GET', '/cameras/groups', {}, [], options);

/**
 * Make a camera group.
 * @param {import('./schema.d.ts').CreateCameraGroupArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').GroupOut>}
 */
export const createCameraGroup = (args, options) =>
  call('POST', '/cameras/groups', args, [], options);

/**
 * Replace the cameras of a group.
 * @param {import('./schema.d.ts').ChangeCameraGroupArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').GroupOut>}
 */
export const changeCameraGroup = (args, options) =>
  call('PUT', '/cameras/groups/{group_id}', args, [], options);

/**
 * Remove a camera group.
 * @param {import('./schema.d.ts').DeleteCameraGroupArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const deleteCameraGroup = (args, options) =>
  call('DELETE', '/cameras/groups/{group_id}', args, [], options);

/**
 * List cameras.
 * @param {import('./schema.d.ts').ListCamerasArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').CameraPage>}
 */
export const listCameras = (args = {}, options) =>
  call('GET', '/cameras', args, ['limit', 'cursor', 'active', 'format'], options);

/**
 * Register a camera.
 * @param {import('./schema.d.ts').CreateCameraArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').CameraOut>}
 */
export const createCamera = (args, options) =>
  call('POST', '/cameras', args, [], options);

/**
 * Get a camera.
 * @param {import('./schema.d.ts').GetCameraArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').CameraOut>}
 */
export const getCamera = (args, options) =>
  call('GET', '/cameras/{camera_id}', args, [], options);

/**
 * Change a camera.
 * @param {import('./schema.d.ts').ChangeCameraArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').CameraOut>}
 */
export const changeCamera = (args, options) =>
  call('PATCH', '/cameras/{camera_id}', args, [], options);

/**
 * Remove a camera.
 * @param {import('./schema.d.ts').DeleteCameraArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const deleteCamera = (args, options) =>
  call('DELETE', '/cameras/{camera_id}', args, [], options);

/**
 * Set a camera's live stream.
 * @param {import('./schema.d.ts').SetStreamArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').StreamOut>}
 */
export const setStream = (args, options) =>
  call('PUT', '/cameras/{camera_id}/stream', args, [], options);

/**
 * Take a camera's live stream away.
 * @param {import('./schema.d.ts').RemoveStreamArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const removeStream = (args, options) =>
  call('DELETE', '/cameras/{camera_id}/stream', args, [], options);

/**
 * Begin an upload.
 * @param {import('./schema.d.ts').CreateUploadArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UploadCreated>}
 */
export const createUpload = (args, options) =>
  call('POST', '/uploads', args, [], options);

/**
 * List uploads.
 * @param {import('./schema.d.ts').ListUploadsArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UploadPage>}
 */
export const listUploads = (args = {}, options) =>
  call('GET', '/uploads', args, ['limit', 'cursor', 'camera_id', 'status'], options);

/**
 * Get an upload.
 * @param {import('./schema.d.ts').GetUploadArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UploadOut>}
 */
export const getUpload = (args, options) =>
  call('GET', '/uploads/{upload_id}', args, [], options);

/**
 * Get a link to the footage.
 * @param {import('./schema.d.ts').LinkFootageArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').FootageLink>}
 */
export const linkFootage = (args, options) =>
  call('POST', '/uploads/{upload_id}/link', args, [], options);

/**
 * Say that the file has been sent.
 * @param {import('./schema.d.ts').CompleteUploadArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UploadOut>}
 */
export const completeUpload = (args, options) =>
  call('POST', '/uploads/{upload_id}/complete', args, [], options);

/**
 * List jobs.
 * @param {import('./schema.d.ts').ListJobsArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').JobPage>}
 */
export const listJobs = (args = {}, options) =>
  call('GET', '/jobs', args, ['limit', 'cursor', 'camera_id', 'status'], options);

/**
 * Get a job.
 * @param {import('./schema.d.ts').GetJobArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').JobOut>}
 */
export const getJob = (args, options) =>
  call('GET', '/jobs/{job_id}', args, [], options);

/**
 * Try a failed job again.
 * @param {import('./schema.d.ts').RetryJobArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').JobOut>}
 */
export const retryJob = (args, options) =>
  call('POST', '/jobs/{job_id}/retry', args, [], options);

/**
 * Hand in a read.
 * @param {import('./schema.d.ts').CreateReadArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ReadOut>}
 */
export const createRead = (args, options) =>
  call('POST', '/reads', args, [], options);

/**
 * Hand in an engine's own message.
 * @param {import('./schema.d.ts').CreateEngineReadsArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ReadList>}
 */
export const createEngineReads = (args, options) =>
  call('POST', '/reads/{engine}', args, ['camera'], options);

/**
 * Find passages.
 * @param {import('./schema.d.ts').FindEventsArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').EventPage>}
 */
export const findEvents = (args = {}, options) =>
  call('GET', '/events', args, ['limit', 'cursor', 'captured_from', 'captured_to', 'processed_from', 'camera_id', 'plate', 'match', 'max_edits', 'min_score', 'readable', 'review_status', 'region', 'reason'], options);

/**
 * Watch what comes in.
 * @param {import('./schema.d.ts').WatchEventsArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').RecentOut>}
 */
export const watchEvents = (args = {}, options) =>
  call('GET', '/events/recent', args, ['limit', 'camera_id'], options);

/**
 * Get a passage.
 * @param {import('./schema.d.ts').GetEventArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').EventOut>}
 */
export const getEvent = (args, options) =>
  call('GET', '/events/{event_id}', args, [], options);

/**
 * Take a passage as evidence.
 * @param {import('./schema.d.ts').TakeEvidenceArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').EvidenceOut>}
 */
export const takeEvidence = (args, options) =>
  call('POST', '/events/{event_id}/evidence', args, [], options);

/**
 * Look at the head of the review queue.
 * @param {import('./schema.d.ts').SeeQueueArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ReviewList>}
 */
export const seeQueue = (args = {}, options) =>
  call('GET', '/feedback/queue', args, ['limit', 'camera_id'], options);

/**
 * Claim the next events to review.
 * @param {import('./schema.d.ts').ClaimNextArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ReviewList>}
 */
export const claimNext = (args, options) =>
  call('POST', '/feedback/claims', args, [], options);

/**
 * Compare machine and people.
 * @param {import('./schema.d.ts').GetAgreementArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').AgreementList>}
 */
export const getAgreement = (args = {}, options) =>
  call('GET', '/feedback/agreement', args, ['captured_from', 'captured_to', 'camera_id'], options);

/**
 * List the verdicts on an event.
 * @param {import('./schema.d.ts').GetVerdictsArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').VerdictList>}
 */
export const getVerdicts = (args, options) =>
  call('GET', '/feedback/events/{event_id}', args, [], options);

/**
 * Judge a read.
 * @param {import('./schema.d.ts').GiveVerdictArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').VerdictOut>}
 */
export const giveVerdict = (args, options) =>
  call('POST', '/feedback/events/{event_id}', args, [], options);

/**
 * Claim an event, or renew the claim.
 * @param {import('./schema.d.ts').ClaimEventArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ReviewOut>}
 */
export const claimEvent = (args, options) =>
  call('PUT', '/feedback/events/{event_id}/claim', args, [], options);

/**
 * Release an event.
 * @param {import('./schema.d.ts').ReleaseEventArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const releaseEvent = (args, options) =>
  call('DELETE', '/feedback/events/{event_id}/claim', args, [], options);

/**
 * Ask for a second opinion.
 * @param {import('./schema.d.ts').AskSecondOpinionArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ReviewOut>}
 */
export const askSecondOpinion = (args, options) =>
  call('POST', '/feedback/events/{event_id}/second-opinion', args, [], options);

/**
 * Undo a verdict.
 * @param {import('./schema.d.ts').UndoVerdictArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').VerdictOut>}
 */
export const undoVerdict = (args, options) =>
  call('POST', '/feedback/verdicts/{verdict_id}/undo', args, [], options);

/**
 * List known vehicles.
 * @param {import('./schema.d.ts').ListVehiclesArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').VehiclePage>}
 */
export const listVehicles = (args = {}, options) =>
  call('GET', '/vehicles', args, ['limit', 'cursor', 'plate', 'name'], options);

/**
 * Name a vehicle.
 * @param {import('./schema.d.ts').NameVehicleArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').VehicleOut>}
 */
export const nameVehicle = (args, options) =>
  call('POST', '/vehicles', args, [], options);

/**
 * Get a known vehicle.
 * @param {import('./schema.d.ts').GetVehicleArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').VehicleOut>}
 */
export const getVehicle = (args, options) =>
  call('GET', '/vehicles/{vehicle_id}', args, [], options);

/**
 * Change a known vehicle.
 * @param {import('./schema.d.ts').ChangeVehicleArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').VehicleOut>}
 */
export const changeVehicle = (args, options) =>
  call('PATCH', '/vehicles/{vehicle_id}', args, [], options);

/**
 * Forget a vehicle's name.
 * @param {import('./schema.d.ts').ForgetVehicleArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const forgetVehicle = (args, options) =>
  call('DELETE', '/vehicles/{vehicle_id}', args, [], options);

/**
 * Ask for an export.
 * @param {import('./schema.d.ts').CreateExportArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ExportOut>}
 */
export const createExport = (args, options) =>
  call('POST', '/exports', args, [], options);

/**
 * List exports.
 * @param {import('./schema.d.ts').ListExportsArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ExportPage>}
 */
export const listExports = (args = {}, options) =>
  call('GET', '/exports', args, ['limit', 'cursor'], options);

/**
 * Get an export.
 * @param {import('./schema.d.ts').GetExportArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ExportOut>}
 */
export const getExport = (args, options) =>
  call('GET', '/exports/{export_id}', args, [], options);

/**
 * Withdraw an export.
 * @param {import('./schema.d.ts').WithdrawExportArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ExportOut>}
 */
export const withdrawExport = (args, options) =>
  call('DELETE', '/exports/{export_id}', args, [], options);

/**
 * Get a link to an export's archive.
 * @param {import('./schema.d.ts').LinkExportArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ExportLink>}
 */
export const linkExport = (args, options) =>
  call('POST', '/exports/{export_id}/link', args, [], options);

/**
 * Count passages by hour or day.
 * @param {import('./schema.d.ts').GetTrafficArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').TrafficList>}
 */
export const getTraffic = (args = {}, options) =>
  call('GET', '/insight/traffic', args, ['captured_from', 'captured_to', 'step', 'camera_id'], options);

/**
 * Get the last passage of each camera.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').LastPassageList>}
 */
export const getLastPassages = (options) =>
  call('GET', '/insight/last', {}, [], options);

/**
 * Tell that the process answers.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').Alive>}
 */
export const getHealth = (options) =>
  call('GET', '/health', {}, [], options);

/**
 * Read the counters.
 * @param {Options} [options]
 * @returns {Promise<string>}
 */
export const getMetrics = (options) =>
  call('GET', '/metrics', {}, [], options);

/**
 * List the lists.
 * @param {import('./schema.d.ts').ListBoloListsArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ListPage>}
 */
export const listBoloLists = (args = {}, options) =>
  call('GET', '/bolos/lists', args, ['limit', 'cursor'], options);

/**
 * Make a list.
 * @param {import('./schema.d.ts').CreateBoloListArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ListOut>}
 */
export const createBoloList = (args, options) =>
  call('POST', '/bolos/lists', args, [], options);

/**
 * Get a list.
 * @param {import('./schema.d.ts').GetBoloListArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ListOut>}
 */
export const getBoloList = (args, options) =>
  call('GET', '/bolos/lists/{list_id}', args, [], options);

/**
 * Change a list.
 * @param {import('./schema.d.ts').ChangeBoloListArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ListOut>}
 */
export const changeBoloList = (args, options) =>
  call('PATCH', '/bolos/lists/{list_id}', args, [], options);

/**
 * Remove a list.
 * @param {import('./schema.d.ts').DeleteBoloListArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const deleteBoloList = (args, options) =>
  call('DELETE', '/bolos/lists/{list_id}', args, [], options);

/**
 * List who is told of a list's hits.
 * @param {import('./schema.d.ts').ListSubscriptionsArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').SubscriptionList>}
 */
export const listSubscriptions = (args, options) =>
  call('GET', '/bolos/lists/{list_id}/subscriptions', args, [], options);

/**
 * Tell somebody of a list's hits.
 * @param {import('./schema.d.ts').CreateSubscriptionArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').SubscriptionOut>}
 */
export const createSubscription = (args, options) =>
  call('POST', '/bolos/lists/{list_id}/subscriptions', args, [], options);

/**
 * Tell somebody no more.
 * @param {import('./schema.d.ts').DeleteSubscriptionArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const deleteSubscription = (args, options) =>
  call('DELETE', '/bolos/lists/{list_id}/subscriptions/{subscription_id}', args, [], options);

/**
 * Import entries from CSV.
 * @param {import('./schema.d.ts').ImportEntriesArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ImportOut>}
 */
export const importEntries = (args, options) =>
  call('POST', '/bolos/lists/{list_id}/import', args, ['dry_run', 'confirm_broad'], options);

/**
 * Export entries as CSV.
 * @param {import('./schema.d.ts').ExportEntriesArgs} args
 * @param {Options} [options]
 * @returns {Promise<string>}
 */
export const exportEntries = (args, options) =>
  call('GET', '/bolos/lists/{list_id}/export', args, ['cursor'], options);

/**
 * List hits.
 * @param {import('./schema.d.ts').ListHitsArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').HitPage>}
 */
export const listHits = (args = {}, options) =>
  call('GET', '/bolos/hits', args, ['limit', 'cursor', 'list_id', 'bolo_id', 'event_id', 'camera_id', 'status', 'alert', 'historical', 'captured_from', 'captured_to'], options);

/**
 * Get a hit.
 * @param {import('./schema.d.ts').GetHitArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').HitOut>}
 */
export const getHit = (args, options) =>
  call('GET', '/bolos/hits/{hit_id}', args, [], options);

/**
 * Say what a hit was.
 * @param {import('./schema.d.ts').JudgeHitArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').HitOut>}
 */
export const judgeHit = (args, options) =>
  call('PATCH', '/bolos/hits/{hit_id}', args, [], options);

/**
 * List wanted plates.
 * @param {import('./schema.d.ts').ListBolosArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').EntryPage>}
 */
export const listBolos = (args = {}, options) =>
  call('GET', '/bolos', args, ['limit', 'cursor', 'list_id', 'plate', 'case_number', 'active'], options);

/**
 * Add a wanted plate.
 * @param {import('./schema.d.ts').CreateBoloArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').EntryOut>}
 */
export const createBolo = (args, options) =>
  call('POST', '/bolos', args, [], options);

/**
 * Try a pattern on the past.
 * @param {import('./schema.d.ts').PreviewBoloArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').PreviewOut>}
 */
export const previewBolo = (args, options) =>
  call('POST', '/bolos/preview', args, [], options);

/**
 * Get a wanted plate.
 * @param {import('./schema.d.ts').GetBoloArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').EntryOut>}
 */
export const getBolo = (args, options) =>
  call('GET', '/bolos/{bolo_id}', args, [], options);

/**
 * Change a wanted plate.
 * @param {import('./schema.d.ts').ChangeBoloArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').EntryOut>}
 */
export const changeBolo = (args, options) =>
  call('PATCH', '/bolos/{bolo_id}', args, [], options);

/**
 * Remove a wanted plate.
 * @param {import('./schema.d.ts').DeleteBoloArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const deleteBolo = (args, options) =>
  call('DELETE', '/bolos/{bolo_id}', args, [], options);

/**
 * Search back for a wanted plate.
 * @param {import('./schema.d.ts').SearchBackArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').BackSearchOut>}
 */
export const searchBack = (args, options) =>
  call('POST', '/bolos/{bolo_id}/back-search', args, [], options);

/**
 * List webhooks.
 * @param {import('./schema.d.ts').ListWebhooksArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').WebhookPage>}
 */
export const listWebhooks = (args = {}, options) =>
  call('GET', '/webhooks', args, ['limit', 'cursor'], options);

/**
 * Register a webhook.
 * @param {import('./schema.d.ts').CreateWebhookArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').NewWebhookOut>}
 */
export const createWebhook = (args, options) =>
  call('POST', '/webhooks', args, [], options);

/**
 * Get a webhook.
 * @param {import('./schema.d.ts').GetWebhookArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').WebhookOut>}
 */
export const getWebhook = (args, options) =>
  call('GET', '/webhooks/{webhook_id}', args, [], options);

/**
 * Change a webhook.
 * @param {import('./schema.d.ts').ChangeWebhookArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').WebhookOut>}
 */
export const changeWebhook = (args, options) =>
  call('PATCH', '/webhooks/{webhook_id}', args, [], options);

/**
 * Remove a webhook.
 * @param {import('./schema.d.ts').DeleteWebhookArgs} args
 * @param {Options} [options]
 * @returns {Promise<void>}
 */
export const deleteWebhook = (args, options) =>
  call('DELETE', '/webhooks/{webhook_id}', args, [], options);

/**
 * Give a webhook a new secret.
 * @param {import('./schema.d.ts').RotateSecretArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').SecretOut>}
 */
export const rotateSecret = (args, options) =>
  call('POST', '/webhooks/{webhook_id}/secret', args, [], options);

/**
 * Send a test message.
 * @param {import('./schema.d.ts').TestWebhookArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').DeliveryOut>}
 */
export const testWebhook = (args, options) =>
  call('POST', '/webhooks/{webhook_id}/test', args, [], options);

/**
 * List deliveries.
 * @param {import('./schema.d.ts').ListDeliveriesArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').DeliveryPage>}
 */
export const listDeliveries = (args, options) =>
  call('GET', '/webhooks/{webhook_id}/deliveries', args, ['limit', 'cursor', 'status'], options);

/**
 * Get a delivery with its attempts.
 * @param {import('./schema.d.ts').GetDeliveryArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').DeliveryDetail>}
 */
export const getDelivery = (args, options) =>
  call('GET', '/webhooks/{webhook_id}/deliveries/{delivery_id}', args, [], options);

/**
 * Send a delivery again.
 * @param {import('./schema.d.ts').ReplayDeliveryArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').DeliveryOut>}
 */
export const replayDelivery = (args, options) =>
  call('POST', '/webhooks/{webhook_id}/deliveries/{delivery_id}/replay', args, [], options);

/**
 * List licences.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').LicenseList>}
 */
export const listLicenses = (options) =>
  call('GET', '/licenses', {}, [], options);

/**
 * Get the present limits and their use.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').LicenseStatusOut>}
 */
export const getLicenseStatus = (options) =>
  call('GET', '/licenses/current', {}, [], options);

/**
 * Activate a licence.
 * @param {import('./schema.d.ts').ActivateLicenseArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').LicenseStatusOut>}
 */
export const activateLicense = (args, options) =>
  call('POST', '/licenses/activate', args, [], options);

/**
 * Get the use by day and camera.
 * @param {import('./schema.d.ts').GetUsageArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UsageList>}
 */
export const getUsage = (args, options) =>
  call('GET', '/usage', args, ['start', 'end', 'camera_id', 'format'], options);

/**
 * List the months that have a report.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').MonthList>}
 */
export const listUsageReports = (options) =>
  call('GET', '/usage/reports', {}, [], options);

/**
 * Get a month's report.
 * @param {import('./schema.d.ts').GetUsageReportArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').UsageList>}
 */
export const getUsageReport = (args, options) =>
  call('GET', '/usage/reports/{month}', args, ['format'], options);

/**
 * Read the audit log.
 * @param {import('./schema.d.ts').ListAuditArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').AuditPage>}
 */
export const listAudit = (args = {}, options) =>
  call('GET', '/admin/audit', args, ['limit', 'cursor', 'actor_id', 'action', 'target', 'start', 'end'], options);

/**
 * Check the audit log.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').AuditCheck>}
 */
export const verifyAudit = (options) =>
  call('GET', '/admin/audit/verification', {}, [], options);

/**
 * List legal holds.
 * @param {import('./schema.d.ts').ListHoldsArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').HoldList>}
 */
export const listHolds = (args = {}, options) =>
  call('GET', '/admin/holds', args, ['case_number', 'active'], options);

/**
 * Place a legal hold.
 * @param {import('./schema.d.ts').PlaceHoldArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').HoldOut>}
 */
export const placeHold = (args, options) =>
  call('POST', '/admin/holds', args, [], options);

/**
 * Release a legal hold.
 * @param {import('./schema.d.ts').ReleaseHoldArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').HoldOut>}
 */
export const releaseHold = (args, options) =>
  call('DELETE', '/admin/holds/{hold_id}', args, ['reason'], options);

/**
 * Get how long what is kept.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').RetentionOut>}
 */
export const getRetention = (options) =>
  call('GET', '/admin/retention', {}, [], options);

/**
 * List receipts of deletion.
 * @param {import('./schema.d.ts').ListReceiptsArgs} [args]
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ReceiptPage>}
 */
export const listReceipts = (args = {}, options) =>
  call('GET', '/admin/receipts', args, ['limit', 'cursor'], options);

/**
 * Get what is kept of a vehicle.
 * @param {import('./schema.d.ts').GetSubjectArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').SubjectOut>}
 */
export const getSubject = (args, options) =>
  call('GET', '/admin/subjects/{plate}', args, ['limit', 'cursor', 'reason'], options);

/**
 * Erase what is kept of a vehicle.
 * @param {import('./schema.d.ts').EraseSubjectArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').ErasureOut>}
 */
export const eraseSubject = (args, options) =>
  call('DELETE', '/admin/subjects/{plate}', args, ['reason', 'include_hits'], options);

/**
 * Check what the backend needs.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').HealthOut>}
 */
export const getAdminHealth = (options) =>
  call('GET', '/admin/health', {}, [], options);

/**
 * Tell what waits.
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').BacklogOut>}
 */
export const getBacklog = (options) =>
  call('GET', '/admin/backlog', {}, [], options);

/**
 * Read a picture.
 * @param {import('./schema.d.ts').ReadPictureArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').PictureOut>}
 */
export const readPicture = (args, options) =>
  call('POST', '/read', args, ['camera', 'captured_at', 'region', 'fast', 'least_score'], options);

/**
 * Read a picture, as Plate Recognizer's Snapshot API does.
 * @param {import('./schema.d.ts').ReadSnapshotArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').SnapshotOut>}
 */
export const readSnapshot = (args, options) =>
  call('POST', '/v1/plate-reader/', args, [], options);

/**
 * The same, for clients that leave the slash out.
 * @param {import('./schema.d.ts').ReadSnapshotWithoutSlashArgs} args
 * @param {Options} [options]
 * @returns {Promise<import('./schema.d.ts').SnapshotOut>}
 */
export const readSnapshotWithoutSlash = (args, options) =>
  call('POST', '/v1/plate-reader', args, [], options);
