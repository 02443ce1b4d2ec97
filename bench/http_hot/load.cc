// A client that costs little, so that the server is what is measured:
//   http_hot_load <port> <path> <connections> <seconds> [<segments>]
// asks for <path>0, <path>1, ... over keep-alive connections from one thread
// and throws bodies away inside the kernel. With a number of segments it asks for
// <path>00001.m4s to that one. Prints requests and bytes a second.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Die(std::string_view what) {
  fmt::print(stderr, "http_hot_load: {}\n", what);
  std::exit(1);
}

struct Client {
  int fd = -1;
  std::string head;
  std::size_t body_left = 0;
};

class Load {
 public:
  Load(std::uint16_t port, std::string path, std::size_t connection_count,
       std::size_t segment_count)
      : port_(port),
        path_(std::move(path)),
        segment_count_(segment_count),
        epoll_(epoll_create1(0)),
        clients_(connection_count) {}

  void Run(std::chrono::seconds duration) {
    for (std::size_t i = 0; i < clients_.size(); ++i) Connect(i);
    const auto begin = Clock::now();
    std::array<epoll_event, 64> events{};
    while (Clock::now() - begin < duration) {
      const int count = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 100);
      for (int i = 0; i < count; ++i) {
        Read(clients_[events[static_cast<std::size_t>(i)].data.u64]);
      }
    }
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    fmt::print("{:.1f} {:.0f}\n", static_cast<double>(request_count_) / seconds,
               static_cast<double>(byte_count_) / seconds);
  }

 private:
  void Connect(std::size_t index) {
    Client& client = clients_[index];
    client.fd = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port_);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(client.fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
      Die("cannot connect");
    }
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    epoll_ctl(epoll_, EPOLL_CTL_ADD, client.fd, &event);
    Ask(client);
  }

  void Ask(Client& client) {
    const std::size_t number = file_++;
    const std::string file = segment_count_ == 0
                                 ? fmt::format("{}{}", path_, number % 256)
                                 : fmt::format("{}{:05}.m4s", path_, number % segment_count_ + 1);
    const std::string request = fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\n\r\n", file);
    if (send(client.fd, request.data(), request.size(), MSG_NOSIGNAL) !=
        static_cast<ssize_t>(request.size())) {
      Die("cannot send");
    }
  }

  // One recv() an event: no connection starves the others.
  void Read(Client& client) {
    if (client.body_left == 0) {
      ReadHead(client);
      return;
    }
    const ssize_t count = recv(client.fd, nullptr, client.body_left, MSG_TRUNC | MSG_DONTWAIT);
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) Die("the server closed");
    Take(client, static_cast<std::size_t>(count));
  }

  void ReadHead(Client& client) {
    std::array<char, 2048> buffer;
    const ssize_t count = recv(client.fd, buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count <= 0) Die("the server closed");
    client.head.append(buffer.data(), static_cast<std::size_t>(count));
    const std::size_t end = client.head.find("\r\n\r\n");
    if (end == std::string::npos) return;
    constexpr std::string_view kField = "Content-Length: ";
    const std::size_t field = client.head.find(kField);
    if (field == std::string::npos || !client.head.starts_with("HTTP/1.1 200")) Die(client.head);
    client.body_left = std::strtoul(client.head.c_str() + field + kField.size(), nullptr, 10);
    const std::size_t early = client.head.size() - end - 4;
    client.head.clear();
    Take(client, early);
  }

  void Take(Client& client, std::size_t count) {
    byte_count_ += count;
    client.body_left -= count;
    if (client.body_left > 0) return;
    ++request_count_;
    Ask(client);
  }

  std::uint16_t port_;
  std::string path_;
  std::size_t segment_count_;
  int epoll_;
  std::vector<Client> clients_;
  std::size_t file_ = 0;
  std::size_t request_count_ = 0;
  std::size_t byte_count_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5 && argc != 6) {
    Die("usage: http_hot_load <port> <path> <connections> <seconds> [<segments>]");
  }
  Load load(static_cast<std::uint16_t>(std::strtoul(argv[1], nullptr, 10)), argv[2],
            std::strtoul(argv[3], nullptr, 10), argc == 6 ? std::strtoul(argv[5], nullptr, 10) : 0);
  load.Run(std::chrono::seconds(std::strtol(argv[4], nullptr, 10)));
  return 0;
}
