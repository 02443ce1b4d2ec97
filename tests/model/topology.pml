/* Changes of the topology: who keeps the copies of one slot, while puts, reads, deletions and faults go on.
 *
 * Nodes are bits 0..3. Keys do not depend on each other, so one write stands for all. A put of epoch g may reach any
 * node of that epoch at any later time, or never; its answers may be counted at any later time. Gateways and readers
 * may hold any older epoch. Whoever coordinates keeps everything in etcd: that it dies and is replaced is that the next
 * step comes later.
 *
 * README.md tells what is proved; `run` has the cases. Each -DWITHOUT_x takes one rule away.                           */

#ifndef FIRST          /* The set of nodes at the start. */
#define FIRST 7
#endif
#ifndef PLANS
#define PLANS 1
#endif
#ifndef ABORTS
#define ABORTS 1
#endif
#ifndef CRASHES
#define CRASHES 1
#endif
#ifndef WIPES
#define WIPES 0
#endif

#define EPOCHS 14
#define ALL 15
#define BIT(n) (1 << (n))
#define HAS(set, n) (((set) >> (n)) & 1)
#define COUNT(set) (HAS(set, 0) + HAS(set, 1) + HAS(set, 2) + HAS(set, 3))
#define MAX(a, b) ((a) > (b) -> (a) : (b))

/* Copies R, copies that make a put acknowledged W, and how many of R must be asked so that one of them has it. A dead
 * member stays in the set, so that R is its size. */
#define R_OF(set) COUNT(set)
#define W_OF(set) (R_OF(set) == 1 -> 1 : 2)
#ifdef WITHOUT_DEAD_MEMBERS_COUNTED
#define Q_OF(set) (COUNT((set) & up) - W_OF(set) + 1)
#else
#define Q_OF(set) (R_OF(set) - W_OF(set) + 1)
#endif

/* ---- etcd: the topology of each epoch -------------------------------------------------------------------------- */
#define STABLE 0
#define WRITE_BOTH 1
#define USE_NEW 2
byte phase[EPOCHS], before[EPOCHS], after[EPOCHS];
byte now = 1;       /* The newest epoch. */
byte planned;       /* The epoch that began the running plan. */
byte rejoined;      /* The newest epoch that a wiped node rejoined with. */
byte ready;         /* Destinations that have told etcd that they have everything. */

#define HOME(e) (phase[e] == USE_NEW -> after[e] : before[e])
#define TARGETS(e) (phase[e] == WRITE_BOTH -> (before[e] | after[e]) : HOME(e))
#define ENTERING (after[now] & ~before[now])
/* Who must pull: who is new; or all, when nobody is new or more copies than before must have a put. */
#ifdef WITHOUT_EVERYBODY_PULLING
#define DESTINATIONS ENTERING
#else
#define DESTINATIONS ((ENTERING == 0 || W_OF(after[now]) > W_OF(before[now])) -> after[now] : ENTERING)
#endif

/* ---- The nodes -------------------------------------------------------------------------------------------------- */
byte recorded[4];   /* The epoch on the node's disk: it acts under no other. */
byte pulled[4];     /* Sources that the node has pulled everything from, for the running plan. */
byte mended[4];     /* The same for its repair. */
byte up = ALL;
byte complete;      /* Members that may say that something is missing. */

/* ---- The write, by node ----------------------------------------------------------------------------------------- */
byte issued;        /* The epoch that the put was issued at. */
bool acknowledged;
byte coming, durable, answered;
/* Its upload in etcd: the id is used once. */
#define UNBORN 0
#define OPEN 1
#define COMMITTED 2
#define DEAD 3
byte upload = UNBORN;
#ifdef MARKS
#define marks_only true
byte marks[4];      /* By node that lacks the copy: who remembers that. */
bool marked;
#else
#define marks_only false
#endif

byte plan_count, abort_count, crash_count, wipe_count;
bool quiet;         /* No more faults, plans and clients. */
byte gone;          /* Nodes that stay down for ever. */

/* P1: what is acknowledged and not deleted is durable on W of its set, members known as incomplete excused. */
#define ENOUGH(set) (COUNT(durable & (set)) + COUNT((set) & ~complete & ~durable) >= W_OF(set))
#define CHECK assert(!acknowledged || upload == DEAD || ENOUGH(HOME(now)))

/* Nothing is left to do for those who are not gone: every member has what is committed, nobody has anything else. */
#define PRESENT (ALL & ~gone)
#define IS_AT_REST (phase[now] == STABLE && coming == 0 && (upload == DEAD || upload == COMMITTED) && \
                    (durable & PRESENT) == (upload == COMMITTED -> (HOME(now) & PRESENT) : 0))

/* A node answers a fence when nothing of a lower epoch is under way on it any more. */
#ifdef WITHOUT_DRAIN
#define DRAINED(n, e) true
#else
#define DRAINED(n, e) (!HAS(coming, n) || issued >= (e))
#endif
#define IS_FENCED(n, e) (recorded[n] >= (e) && DRAINED(n, e))
#define FENCED_SET(e) ((IS_FENCED(0, e) -> 1 : 0) | (IS_FENCED(1, e) -> 2 : 0) | (IS_FENCED(2, e) -> 4 : 0) | (IS_FENCED(3, e) -> 8 : 0))

inline Store(n) { durable = durable | BIT(n) }
inline Drop(n) { durable = durable & ~BIT(n) }

/* ---- Gateways ---------------------------------------------------------------------------------------------------- */
#define ACKED_BY(set) (COUNT(answered & (set)) >= W_OF(set))
#ifdef WITHOUT_ACKS_OF_BOTH
#define MAY_ACKNOWLEDGE ACKED_BY(HOME(issued))
#else
#define MAY_ACKNOWLEDGE ((phase[issued] == USE_NEW || ACKED_BY(before[issued])) && (phase[issued] == STABLE || ACKED_BY(after[issued])))
#endif

proctype Gateway() {
  byte e;
  do
  :: d_step { !quiet && upload == UNBORN -> upload = OPEN }
  :: d_step { !quiet && upload == OPEN && issued < now && !acknowledged ->   /* Also again, after a newer epoch was told. */
       e = issued + 1;
       issued = e;
       coming = 0;
#ifndef WITHOUT_ACKS_OF_ONE_EPOCH
       answered = 0;
#endif
       e = 0 }
  :: d_step { !quiet && issued != 0 && !acknowledged && MAY_ACKNOWLEDGE -> acknowledged = true; coming = 0; answered = 0; CHECK }
  :: d_step { !quiet && upload == OPEN && acknowledged -> upload = COMMITTED }
#ifdef DELETES
  :: d_step { !quiet && (upload == OPEN || upload == COMMITTED) && issued != 0 -> upload = DEAD }
#endif
#ifdef MARKS
  :: d_step { !quiet && acknowledged && !marked -> marked = true;
       for (e : 0 .. 3) { if :: HAS(HOME(now) & ~durable, e) -> marks[e] = durable & HOME(now) :: else fi }
       e = 0 }
#endif
  :: quiet -> break
  od
}

/* ---- A content node ---------------------------------------------------------------------------------------------- */
#define IS_UP(n) HAS(up, n)
#define IS_TARGET(n) (issued != 0 && !acknowledged && HAS(TARGETS(issued), n))
#ifdef WITHOUT_FENCE
#define MAY_GIVE(s) true
#else
#define MAY_GIVE(s) IS_FENCED(s, MAX(planned, rejoined))
#endif
#ifdef WITHOUT_A_QUORUM_OF_SOURCES
#define SOURCES(set) 1
#else
#define SOURCES(set) Q_OF(set)
#endif
#define KNOWS_THE_PLAN(n) (recorded[n] >= planned)
#ifdef WITHOUT_COMPLETENESS
#define IS_WHOLE(s) true
#else
#define IS_WHOLE(s) HAS(complete, s)
#endif
#ifdef WITHOUT_FENCED_REPAIR
#define MAY_MEND(s) true
#else
#define MAY_MEND(s) IS_FENCED(s, rejoined)
#endif
/* Who is in no set of the slot, by the epoch that it has recorded, cleans by itself. */
#define IS_LEFTOVER(n) (HAS(durable, n) && !HAS(TARGETS(recorded[n]), n) && recorded[n] == now)
#ifdef WITHOUT_CONFIRMATION
#define IS_CONFIRMED true
#else
#define IS_CONFIRMED (COUNT(durable & complete & HOME(now)) >= W_OF(HOME(now)))
#endif
#ifdef WITHOUT_SURE_COLLECTION
#define IS_GARBAGE (upload == DEAD || upload == OPEN)   /* As if the state of before the commit, or before the row, were still so. */
#else
#define IS_GARBAGE (upload == DEAD)
#endif


/* The disk is lost. The node comes back under a new epoch, and says of nothing that it is missing. */
inline Wipe(n) {
  wipe_count++;
  up = up | BIT(n);
  Drop(n);
  complete = complete & ~BIT(n);
  mended[n] = 0;
  if
  :: HAS(DESTINATIONS, n) -> pulled[n] = 0;
#ifndef WITHOUT_READY_OF_ONE_INCARNATION
     ready = ready & ~BIT(n)
#endif
  :: else
  fi;
#ifndef WITHOUT_EPOCH_OF_REJOINING
  now++;
  phase[now] = phase[now - 1]; before[now] = before[now - 1]; after[now] = after[now - 1];
  rejoined = now;
#endif
  recorded[n] = now;
  CHECK
}

/* Everything that source `s` has. */
#define COPY_FROM(s) if :: HAS(durable, s) -> Store(n) :: else fi

/* A destination pulls from members of the old set. */
#define PULL(s) \
  :: d_step { phase[now] == WRITE_BOTH && IS_UP(n) && HAS(DESTINATIONS & ~ready, n) && KNOWS_THE_PLAN(n) && \
              HAS(before[now] & up, s) && IS_WHOLE(s) && MAY_GIVE(s) && !HAS(pulled[n], s) -> \
       COPY_FROM(s); \
       pulled[n] = pulled[n] | BIT(s); \
       if :: COUNT(pulled[n]) >= SOURCES(before[now]) -> ready = ready | BIT(n) :: else fi; \
       CHECK }
/* A member that lost its disk pulls from the others of one set. */
#define MEND(s) \
  :: d_step { IS_UP(n) && HAS(HOME(now) & ~complete, n) && s != n && HAS(HOME(now) & up & complete, s) && MAY_MEND(s) && \
              !HAS(mended[n], s) -> \
       COPY_FROM(s); \
       mended[n] = mended[n] | BIT(s); \
       if :: COUNT(mended[n]) >= Q_OF(HOME(now)) -> complete = complete | BIT(n); mended[n] = 0 :: else fi; \
       CHECK }
/* A leftover that too few members have goes to them first. */
#define PUSH(t) \
  :: d_step { IS_UP(n) && IS_LEFTOVER(n) && !IS_CONFIRMED && HAS(HOME(now) & up & ~durable, t) -> \
       recorded[t] = now; Store(t) }
/* Members of one epoch compare what they have, and take what they lack. */
#define COMPARE(s) \
  :: d_step { IS_UP(n) && HAS(HOME(now) & complete & ~durable, n) && HAS(HOME(now) & up & durable, s) && recorded[n] == now && \
              recorded[s] == now && !marks_only -> Store(n) }
/* What a member remembers that another one lacks. */
#define MEND_MARKED(s) \
  :: d_step { IS_UP(n) && HAS(HOME(now), n) && HAS(marks[n] & up & durable, s) && marks_only -> Store(n); marks[n] = 0 }

proctype Node(byte n) {
  do
  :: d_step { IS_UP(n) && recorded[n] < now -> recorded[n] = now }

  :: d_step { IS_UP(n) && !quiet && IS_TARGET(n) && recorded[n] <= issued && !HAS(coming | answered, n) ->
       recorded[n] = issued;
       if :: HAS(durable, n) -> answered = answered | BIT(n) :: else -> coming = coming | BIT(n) fi }
  :: d_step { IS_UP(n) && HAS(coming, n) -> coming = coming & ~BIT(n); Store(n); answered = answered | BIT(n) }
  :: d_step { HAS(coming, n) -> coming = coming & ~BIT(n) }

  PULL(0) PULL(1) PULL(2) PULL(3)
  MEND(0) MEND(1) MEND(2) MEND(3)

  /* Keys of which this node is in no set any more. */
  :: d_step { IS_UP(n) && IS_LEFTOVER(n) && IS_CONFIRMED -> Drop(n);
       assert(!acknowledged || upload == DEAD || COUNT(durable & HOME(now)) >= W_OF(HOME(now))); CHECK }
  PUSH(0) PUSH(1) PUSH(2) PUSH(3)

  /* The collector removes what belongs to no upload. */
  :: d_step { IS_UP(n) && HAS(durable, n) && IS_GARBAGE -> Drop(n); CHECK }

  COMPARE(0) COMPARE(1) COMPARE(2) COMPARE(3)
#ifdef MARKS
  MEND_MARKED(0) MEND_MARKED(1) MEND_MARKED(2) MEND_MARKED(3)
#endif

  /* Faults. */
  :: d_step { !quiet && IS_UP(n) && crash_count < CRASHES -> crash_count++; up = up & ~BIT(n); coming = coming & ~BIT(n) }
  :: d_step { !IS_UP(n) && !HAS(gone, n) -> up = up | BIT(n) }
  :: d_step { !quiet && !IS_UP(n) && wipe_count < WIPES && now < EPOCHS - 2 && R_OF(HOME(now)) == 3 -> Wipe(n) }

  :: quiet && IS_AT_REST -> break
  od
}

/* ---- Whoever coordinates: every step is one transaction on the present epoch -------------------------------------- */
#define IS_PLAN(set) (COUNT((set) & ~HOME(now)) <= 1 && COUNT(HOME(now) & ~(set)) <= 1 && (set) != HOME(now) && COUNT(set) <= 3)
#ifdef WITHOUT_READY
#define IS_READY true
#else
#define IS_READY ((DESTINATIONS & ~ready) == 0)
#endif
inline NextEpoch(p, old, new) { now++; phase[now] = p; before[now] = old; after[now] = new }
inline ForgetPulls() {
  pulled[0] = 0; pulled[1] = 0; pulled[2] = 0; pulled[3] = 0;
#ifndef WITHOUT_READY_OF_ONE_PLAN
  ready = 0
#endif
}
inline ForgetMends() { mended[0] = 0; mended[1] = 0; mended[2] = 0; mended[3] = 0 }

#define PLAN(set) \
  :: d_step { !quiet && phase[now] == STABLE && plan_count < PLANS && now < EPOCHS - 4 && IS_PLAN(set) -> \
       plan_count++; \
       NextEpoch(WRITE_BOTH, before[now - 1], set); \
       planned = now; \
       complete = complete & ~ENTERING; \
       ForgetPulls(); \
       CHECK }

proctype Coordinator() {
  do
  PLAN(1) PLAN(2) PLAN(3) PLAN(5) PLAN(7) PLAN(11) PLAN(13) PLAN(14)
  :: d_step { phase[now] == WRITE_BOTH && IS_READY ->
       complete = complete | DESTINATIONS;
       NextEpoch(USE_NEW, before[now - 1], after[now - 1]);
       ForgetPulls(); ForgetMends();
       CHECK }
  :: d_step { phase[now] == USE_NEW -> NextEpoch(STABLE, after[now - 1], after[now - 1]); ForgetMends(); CHECK }
  /* In the end a destination that is gone for ever ends the plan. */
  :: d_step { phase[now] == WRITE_BOTH && ((!quiet && abort_count < ABORTS) || (quiet && (DESTINATIONS & gone))) ->
       abort_count++;
       NextEpoch(STABLE, before[now - 1], before[now - 1]);
       ForgetPulls(); ForgetMends();
       CHECK }
  :: quiet && IS_AT_REST -> break
  od
}

/* ---- A reader, of any older epoch --------------------------------------------------------------------------------- */
#ifdef READER
#ifdef WITHOUT_EPOCHS_OF_MISSES
#define MISS_COUNTS(n) true
#else
#define MISS_COUNTS(n) (recorded[n] <= reading)   /* Who knows a newer epoch tells that instead. */
#endif
#ifdef WITHOUT_W_MISSES
#define MISSES(set) Q_OF(set)
#else
#define MISSES(set) MAX(Q_OF(set), W_OF(set))
#endif
#ifdef WITHOUT_BOTH_SETS_READ
#define ASKED(e) HOME(e)
#define MISSED_BY_ALL (COUNT(missed & HOME(reading)) >= MISSES(HOME(reading)))
#else
#define ASKED(e) TARGETS(e)
#define MISSED_BY(set) (COUNT(missed & (set)) >= MISSES(set))
#define MISSED_BY_ALL ((phase[reading] == USE_NEW || MISSED_BY(before[reading])) && (phase[reading] == STABLE || MISSED_BY(after[reading])))
#endif
byte reading, missed;

#define READ_AT(e) :: d_step { !quiet && reading == 0 && upload == COMMITTED && (e) <= now -> reading = e; missed = 0 }
#define ASK(n) \
  :: d_step { reading != 0 && IS_UP(n) && HAS(ASKED(reading) & complete & ~durable & ~missed, n) && MISS_COUNTS(n) -> \
       missed = missed | BIT(n); \
       assert(upload == DEAD || !MISSED_BY_ALL) }   /* P2 */

proctype Reader() {
  do
  READ_AT(1) READ_AT(2) READ_AT(3) READ_AT(4) READ_AT(5) READ_AT(6) READ_AT(7) READ_AT(8) READ_AT(9)
  ASK(0) ASK(1) ASK(2) ASK(3)
  :: quiet -> break
  od
}
#endif

/* ---- The end ------------------------------------------------------------------------------------------------------- */
#ifdef ENDS   /* Faults end; one node of three may stay down for ever. Then everything must come to rest. */
proctype End() {
  if
  :: d_step { plan_count > 0 -> quiet = true }
  :: d_step { plan_count > 0 && COUNT(ALL & ~up) == 1 && R_OF(HOME(now)) == 3 && (HOME(now) & ~complete) == 0 -> quiet = true; gone = ALL & ~up }
  fi;
  /* Uploads that nobody goes on with expire. */
  if :: d_step { upload == UNBORN || upload == OPEN -> upload = DEAD } :: d_step { upload == COMMITTED || upload == DEAD -> skip } fi
}
#endif

init {
  atomic {
    phase[1] = STABLE; before[1] = FIRST; after[1] = FIRST; complete = FIRST;
    recorded[0] = 1; recorded[1] = 1; recorded[2] = 1; recorded[3] = 1;
    run Node(0); run Node(1); run Node(2); run Node(3);
    run Gateway(); run Coordinator();
#ifdef READER
    run Reader();
#endif
#ifdef ENDS
    run End();
#endif
  }
}
