/* Two processes that both believe that they lead, an operator who gives changes up and asks for new ones, and a
 * destination that is ready for a plan, or has been for an earlier one, or in an earlier life of its folder. What is
 * read may be old by the time that it is acted on: that a step compares the topology it steps from is all that holds.
 *
 * Epochs name plans: that a plan began at an epoch is its name.                                                     */

#define EPOCHS 9
#define STABLE 0
#define WRITE_BOTH 1
#define USE_NEW 2

/* etcd */
byte epoch = 1, phase = STABLE, began;
bool asked;                 /* A change is asked for. */
byte leader;                /* The holder of the key; its revision is the token. */
byte token;
byte ready_plan, ready_starts;   /* What the destination has told last. */
byte starts = 1;            /* Registrations of the destination. */
bool incomplete;            /* Said by the topology. */

/* What is so, whoever knows it. */
bool has_everything;        /* The destination, for the plan that began last. */

#ifdef WITHOUT_COMPARE_OF_TOPOLOGY
#define STANDS true
#else
#define STANDS (epoch == seen_epoch)
#endif
#ifdef WITHOUT_TOKEN
#define LEADS true
#else
#define LEADS (leader == me && token == my_token)
#endif
#ifdef WITHOUT_NAME_OF_PLAN
#define IS_OF_PLAN true
#else
#define IS_OF_PLAN (seen_ready_plan == seen_began)
#endif
#ifdef WITHOUT_LIFE_OF_FOLDER
#define IS_OF_LIFE true
#else
#define IS_OF_LIFE (seen_ready_starts == seen_starts && !seen_incomplete)
#endif

inline Step(p) { epoch++; phase = p }

proctype Coordinator(byte me) {
  byte my_token, seen_epoch, seen_phase, seen_began, seen_ready_plan, seen_ready_starts, seen_starts;
  bool seen_asked, seen_incomplete;
  do
  /* The lease of whoever led may have ended at any time. */
  :: d_step { leader != me && token < 4 -> leader = me; token++; my_token = token }
  /* The topology first, what belongs to it after it. */
  :: d_step { epoch < EPOCHS - 1 -> seen_epoch = epoch; seen_phase = phase; seen_began = began; seen_asked = asked;
       seen_incomplete = incomplete };
     d_step { seen_ready_plan = ready_plan; seen_ready_starts = ready_starts };
     d_step { seen_starts = starts };
     if
     :: d_step { seen_phase == STABLE && seen_asked ->
          if
          :: STANDS && LEADS -> Step(WRITE_BOTH); began = epoch; has_everything = false
          :: else
          fi }
     :: d_step { seen_phase == WRITE_BOTH && seen_ready_plan != 0 && IS_OF_PLAN && IS_OF_LIFE ->
          if
          :: STANDS && LEADS -> assert(phase == WRITE_BOTH && has_everything); Step(USE_NEW)
          :: else
          fi }
     :: d_step { seen_phase == USE_NEW ->
          if
          :: STANDS && LEADS -> assert(phase == USE_NEW); Step(STABLE); asked = false
          :: else
          fi }
     :: else
     fi;
     d_step { seen_epoch = 0; seen_phase = 0; seen_began = 0; seen_asked = false; seen_incomplete = false;
       seen_ready_plan = 0; seen_ready_starts = 0; seen_starts = 0 }
  od
}

/* Asks, and gives up: each a transaction on what is there now. */
proctype Operator() {
  do
  :: d_step { !asked && phase == STABLE && epoch < EPOCHS - 1 -> asked = true; epoch++ }
  :: d_step { asked && phase != USE_NEW && epoch < EPOCHS - 1 -> asked = false; Step(STABLE) }
  od
}

proctype Destination() {
  byte plan, life;
  do
  /* It has pulled for the plan that it knows, which may be over. */
  :: d_step { phase == WRITE_BOTH && plan != began -> plan = began; life = starts }
  :: d_step { plan != 0 && plan == began && life == starts -> has_everything = true };
     d_step { ready_plan = plan; ready_starts = life }
  /* An old copy of the folder comes back: the topology says so first, then the registration counts. */
  :: d_step { starts < 2 && epoch < EPOCHS - 1 -> incomplete = true; epoch++; has_everything = false };
     d_step { starts++; plan = 0 }
  :: d_step { incomplete && starts == 2 && epoch < EPOCHS - 1 -> incomplete = false; epoch++ }
  od
}

init { atomic { run Coordinator(1); run Coordinator(2); run Operator(); run Destination() } }
