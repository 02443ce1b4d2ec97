#include "simulation/node.h"

namespace tritontube::simulation {

void Machine::Start() {
  if (process_) return;
  process_ = std::make_shared<Process>(platter_, etcd_, member_.address, burials_.executor());
  process_->tasks.Spawn(process_->registration.Run());
}

void Machine::Kill() {
  if (!process_) return;
  const std::shared_ptr<Process> process = std::exchange(process_, nullptr);
  process->dead = true;
  process->disk.Kill();
  process->record.Kill();
  platter_.Crash();
  process->changed.Notify();
  burials_.Spawn(Bury(process));
}

// Its coroutines end with errors that nobody hears.
async::Task<void> Machine::Bury(std::shared_ptr<Process> process) {
  co_await process->tasks.Stop();
}

}  // namespace tritontube::simulation
