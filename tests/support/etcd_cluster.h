#pragma once

#include <sys/types.h>

#include <boost/asio/thread_pool.hpp>
#include <cstdint>
#include <string>
#include <vector>

#include "foundation/async/task.h"
#include "support/temporary_folder.h"

namespace tritontube::support {

// A real etcd cluster on this machine, whose members die and sleep on demand. Its data lies on a
// real disk and etcd's defaults hold. The members die with this program, however it ends.
class EtcdCluster {
 public:
  static bool IsInstalled();

  // Returns when it has a leader. Requires: etcd is installed.
  explicit EtcdCluster(std::size_t member_count = 3);
  ~EtcdCluster();
  EtcdCluster(const EtcdCluster&) = delete;
  EtcdCluster& operator=(const EtcdCluster&) = delete;

  std::size_t size() const { return members_.size(); }
  std::string endpoint(std::size_t index) const;
  std::vector<std::string> endpoints() const;

  void Kill(std::size_t index);   // As a power cut would, but for what the disk has.
  void Start(std::size_t index);  // Again, with the data that it has.
  void Pause(std::size_t index);  // Its connections stay open, and silent.
  void Resume(std::size_t index);
  // All members run and one leads.
  async::Task<void> Heal();
  // Waits until a member says that it leads.
  async::Task<std::size_t> Leader();

 private:
  struct Member {
    std::uint16_t client_port = 0;
    std::uint16_t peer_port = 0;
    pid_t process = 0;  // 0: it does not run.
    bool paused = false;
  };

  std::vector<std::string> Arguments(std::size_t index) const;
  async::Task<bool> SaysThatItLeads(std::size_t index);

  TemporaryFolder folder_;
  // Makes the processes: the system kills a child when the thread dies that made it.
  boost::asio::thread_pool parent_{1};
  std::vector<Member> members_;
};

}  // namespace tritontube::support
