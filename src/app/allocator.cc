// What jemalloc is told in programs that link it.

extern "C" {

// Buffers of megabytes come and go by the thousand. An arena for each processor instead of four,
// and a second instead of ten until free pages go back to the kernel, keep a third less of them
// (docs/performance.md).
extern const char* malloc_conf;
const char* malloc_conf = "percpu_arena:percpu,dirty_decay_ms:1000,muzzy_decay_ms:0";

}  // extern "C"
