#include "support/etcd_cluster.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/asio/post.hpp>
#include <boost/asio/use_future.hpp>
#include <csignal>
#include <filesystem>
#include <random>
#include <set>

#include "base/assert.h"
#include "etcd/etcd.pb.h"
#include "foundation/async/io_pool.h"
#include "foundation/async/sleep.h"
#include "transport/rpc/channel.h"
#include "transport/rpc/payload_message.h"

namespace tritontube::support {

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

constexpr const char* kProgram = "/usr/bin/etcd";
constexpr auto kLeaderTime = 60s;

// Not one that the system gives to outgoing connections: while a member is dead, whoever looks for
// it could be given its port, and then be connected with itself.
constexpr int kPortMin = 10'000;
constexpr int kPortMax = 30'000;

bool IsFree(std::uint16_t port) {
  const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int bound = ::bind(socket, reinterpret_cast<sockaddr*>(&address), sizeof address);
  ::close(socket);
  return bound == 0;
}

std::vector<std::uint16_t> FreePorts(std::size_t count) {
  std::random_device random;
  std::set<std::uint16_t> ports;
  while (ports.size() < count) {
    std::uniform_int_distribution<int> any(kPortMin, kPortMax);
    const auto port = static_cast<std::uint16_t>(any(random));
    if (IsFree(port)) ports.insert(port);
  }
  return {ports.begin(), ports.end()};
}

// In the child; only calls that are safe after fork().
[[noreturn]] void Become(char* const* arguments, const char* log) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int file = ::open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
  ::dup2(file, STDOUT_FILENO);
  ::dup2(file, STDERR_FILENO);
  ::execv(kProgram, arguments);
  ::_exit(127);
}

pid_t Spawn(std::vector<std::string> arguments, const std::string& log) {
  std::vector<char*> pointers;
  pointers.reserve(arguments.size() + 1);
  for (std::string& argument : arguments) pointers.push_back(argument.data());
  pointers.push_back(nullptr);
  const pid_t process = ::fork();
  TT_ASSERT(process >= 0, "no process can be made");
  if (process == 0) Become(pointers.data(), log.c_str());
  return process;
}

std::string Url(std::uint16_t port) { return fmt::format("http://127.0.0.1:{}", port); }

}  // namespace

bool EtcdCluster::IsInstalled() { return std::filesystem::exists(kProgram); }

EtcdCluster::EtcdCluster(std::size_t member_count) : members_(member_count) {
  const std::vector<std::uint16_t> ports = FreePorts(2 * member_count);
  for (std::size_t i = 0; i < member_count; ++i) {
    members_[i].client_port = ports[2 * i];
    members_[i].peer_port = ports[2 * i + 1];
  }
  for (std::size_t i = 0; i < member_count; ++i) Start(i);
  const async::IoPool io(1);
  async::BlockOn(io.executor(0), Heal());
}

EtcdCluster::~EtcdCluster() {
  for (std::size_t i = 0; i < members_.size(); ++i) Kill(i);
}

std::string EtcdCluster::endpoint(std::size_t index) const {
  return fmt::format("127.0.0.1:{}", members_[index].client_port);
}

std::vector<std::string> EtcdCluster::endpoints() const {
  std::vector<std::string> all;
  all.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) all.push_back(endpoint(i));
  return all;
}

std::vector<std::string> EtcdCluster::Arguments(std::size_t index) const {
  std::vector<std::string> peers;
  peers.reserve(size());
  for (std::size_t i = 0; i < size(); ++i) {
    peers.push_back(fmt::format("m{}={}", i, Url(members_[i].peer_port)));
  }
  const std::string client = Url(members_[index].client_port);
  const std::string peer = Url(members_[index].peer_port);
  return {kProgram,
          fmt::format("--name=m{}", index),
          fmt::format("--data-dir={}/m{}", folder_.path().string(), index),
          "--listen-client-urls=" + client,
          "--advertise-client-urls=" + client,
          "--listen-peer-urls=" + peer,
          "--initial-advertise-peer-urls=" + peer,
          fmt::format("--initial-cluster={}", fmt::join(peers, ",")),
          "--initial-cluster-state=new",
          "--logger=zap",
          "--log-outputs=stderr"};
}

void EtcdCluster::Start(std::size_t index) {
  TT_ASSERT(members_[index].process == 0, "member {} runs", index);
  const auto spawn = [this, index] {
    return Spawn(Arguments(index), fmt::format("{}/m{}.log", folder_.path().string(), index));
  };
  members_[index].process = async::asio::post(parent_, async::asio::use_future(spawn)).get();
}

void EtcdCluster::Kill(std::size_t index) {
  Member& member = members_[index];
  if (member.process == 0) return;
  ::kill(member.process, SIGKILL);
  ::waitpid(member.process, nullptr, 0);
  member.process = 0;
  member.paused = false;
}

void EtcdCluster::Pause(std::size_t index) {
  ::kill(members_[index].process, SIGSTOP);
  members_[index].paused = true;
}

void EtcdCluster::Resume(std::size_t index) {
  ::kill(members_[index].process, SIGCONT);
  members_[index].paused = false;
}

async::Task<void> EtcdCluster::Heal() {
  for (std::size_t i = 0; i < size(); ++i) {
    if (members_[i].process == 0) Start(i);
    if (members_[i].paused) Resume(i);
  }
  co_await Leader();
}

async::Task<std::size_t> EtcdCluster::Leader() {
  const Deadline deadline = Deadline::After(kLeaderTime);
  while (!deadline.HasPassed()) {
    for (std::size_t i = 0; i < size(); ++i) {
      if (co_await SaysThatItLeads(i)) co_return i;
    }
    co_await async::Sleep(20ms);
  }
  TT_ASSERT(false, "no leader in time");
  co_return 0;
}

async::Task<bool> EtcdCluster::SaysThatItLeads(std::size_t index) {
  if (members_[index].process == 0 || members_[index].paused) co_return false;
  rpc::Channel channel(endpoint(index));
  const auto answer =
      co_await channel.Call("/etcdserverpb.Maintenance/Status",
                            rpc::ToBytes(etcdserverpb::StatusRequest()), Deadline::After(2s));
  if (!answer) co_return false;
  const auto status = rpc::ParseMessage<etcdserverpb::StatusResponse>(*answer);
  co_return status && status->leader() != 0 && status->leader() == status->header().member_id();
}

}  // namespace tritontube::support
