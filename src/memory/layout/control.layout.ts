/*
 * Control words, each on lines of its own, and one slot per agent.
 *
 *   control                                                  written by
 *     0  u32 workSignal     workers sleep on it               router (when a worker sleeps)
 *   128  u32 workSleepers   workers about to sleep            workers
 *   256  u32 routerSignal   the router sleeps on it           producers (when it sleeps)
 *   384  u32 routerSleeping                                   router
 *   512  u32 doorbell       the main thread listens to it     router, workers (when armed)
 *   640  u32 doorbellArmed  1 = ring it                       main sets, the ringer clears
 *   768  u32 census         1 = stand still                   main
 *   896  u32 egressTicket   messages ever sent by workers     workers
 *  1024  u32 sockets        open in this process             listeners (added to)
 *  1028  u32 streams        of them WebSockets               listeners (added to)
 *  1152  u32 journalSignal  the journal sleeps on it          router (when it sleeps)
 *  1156  u32 journalSleeping                                  journal
 *  1160  f64 epochOffset    what makes the router's monotonic time wall-clock time  router
 *  1168  u32 journalStop    1 = end                           main
 *  1172  u32 checkpointRound  checkpoints begun               checkpoints
 *  1176  u32 replaying      1 = nothing new is taken yet      main
 *  1180  u32 retryMs        what refused senders are told to wait  main
 *  1280  u32 storageStatus  index into STORAGE_STATUSES                  journal
 *  1284  u32 storageCause   index into STORAGE_CAUSES        journal
 *  1288  f64 storageSinceMs of that status, since 1970       journal
 *  1296  f64 journalDurable sequence number of the last durable record  journal
 *  1304  f64 journalRecords …Bytes, …Commits: so far         journal
 *  1328  f64 journalCommitMs spent in commits; its longest   journal
 *  1344  f64 journalFailures of writing or making safe       journal
 *  1352  f64 journalRoomBytes that can still be written      journal
 *  1408  f64 journalRetire  first sequence number still needed  main
 *  1416  f64 journalReserved  bytes of the medium left to the next checkpoint  checkpoints
 *
 *   agent slot (128 bytes)                                    written by
 *     0  u32 state          AGENT_*                           agent; main after its end
 *     4  u32 heartbeat      rounds begun                      agent
 *     8  u32 stop           1 = end                           main
 *    12  u32 threadId                                         agent
 *    16  u32 lane           being worked by user code, or 0   agent; main after its end
 *    20  u32 count          readings of that slice            agent
 *    24  u32 track          of the claim that led there       agent
 *    28  u32 shard          claimed shard + 1, or 0           agent
 *    32  u32 reserved       1 = leaves standard and bulk to others  main
 *    36  u32 hold           1 = stand still                   whoever holds the agent
 */
export const CONTROL_WORK_SIGNAL = 0
export const CONTROL_WORK_SLEEPERS = 128
export const CONTROL_ROUTER_SIGNAL = 256
export const CONTROL_ROUTER_SLEEPING = 384
export const CONTROL_DOORBELL = 512
export const CONTROL_DOORBELL_ARMED = 640
export const CONTROL_CENSUS = 768
export const CONTROL_EGRESS_TICKET = 896
export const CONTROL_SOCKETS = 1024
export const CONTROL_STREAMS = 1028
export const CONTROL_JOURNAL_SIGNAL = 1152
export const CONTROL_JOURNAL_SLEEPING = 1156
export const CONTROL_EPOCH_OFFSET = 1160
export const CONTROL_JOURNAL_STOP = 1168
export const CONTROL_CHECKPOINT_ROUND = 1172
export const CONTROL_REPLAYING = 1176
export const CONTROL_RETRY_MS = 1180
export const CONTROL_STORAGE_STATUS = 1280
export const CONTROL_STORAGE_CAUSE = 1284
export const CONTROL_STORAGE_SINCE_MS = 1288
export const CONTROL_JOURNAL_DURABLE = 1296
export const CONTROL_JOURNAL_RECORDS = 1304
export const CONTROL_JOURNAL_WRITTEN_BYTES = 1312
export const CONTROL_JOURNAL_COMMITS = 1320
export const CONTROL_JOURNAL_COMMIT_MS = 1328
export const CONTROL_JOURNAL_COMMIT_MAX_MS = 1336
export const CONTROL_JOURNAL_FAILURES = 1344
export const CONTROL_JOURNAL_ROOM_BYTES = 1352
export const CONTROL_JOURNAL_RETIRE = 1408
export const CONTROL_JOURNAL_RESERVED = 1416
export const CONTROL_BYTES = 1536

export const AGENT_STATE = 0
export const AGENT_HEARTBEAT = 4
export const AGENT_STOP = 8
export const AGENT_THREAD_ID = 12
export const AGENT_LANE = 16
export const AGENT_COUNT = 20
export const AGENT_TRACK = 24
export const AGENT_SHARD = 28
export const AGENT_RESERVED = 32
export const AGENT_HOLD = 36
export const AGENT_SLOT_BYTES = 128

export const AGENT_OFF = 0
/** May change what the account counts. */
export const AGENT_RUNNING = 1
/** Stands still: waits, or has nothing to do. */
export const AGENT_PARKED = 2
/** In user code: changes nothing before it has asked the gate. */
export const AGENT_IN_USER_CODE = 3
