#include "transport/http/server_test_support.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace tritontube::http {

async::Task<Result<Response>> Hello(Request& /*request*/) {
  co_return TextResponse(200, "text/plain", "hello");
}

RawClient::RawClient(std::uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const timeval patience{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  EXPECT_EQ(::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
}

bool RawClient::Send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool RawClient::Receive() {
  std::array<char, 65536> buffer;
  const ssize_t count = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (count <= 0) return false;
  received_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

std::string RawClient::ReadUntil(std::string_view end) {
  std::size_t found = received_.find(end);
  while (found == std::string::npos) {
    if (!Receive()) return std::exchange(received_, {});
    found = received_.find(end);
  }
  std::string text = received_.substr(0, found + end.size());
  received_.erase(0, found + end.size());
  return text;
}

std::string RawClient::ReadBytes(std::size_t count) {
  while (received_.size() < count && Receive()) {
  }
  std::string text = received_.substr(0, count);
  received_.erase(0, text.size());
  return text;
}

std::string RawClient::ReadToEnd() {
  while (Receive()) {
  }
  return std::exchange(received_, {});
}

std::string RawClient::ReadResponse() {
  std::string head = ReadUntil("\r\n\r\n");
  constexpr std::string_view kField = "Content-Length: ";
  const std::size_t field = head.find(kField);
  if (field == std::string::npos) return head;
  std::size_t length = 0;
  std::from_chars(head.data() + field + kField.size(), head.data() + head.size(), length);
  return head + ReadBytes(length);
}

void RawClient::ShutdownSend() const { ::shutdown(fd_, SHUT_WR); }

void RawClient::Close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void RawClient::Reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  Close();
}

TestServer::TestServer(Router router, Server::Options options, std::size_t thread_count)
    : pool(thread_count) {
  auto started = Server::Start(pool, std::move(router), std::move(options));
  if (!started) ADD_FAILURE() << started.error().message();
  server = std::move(started).value();
}

void TestServer::Stop(Deadline deadline) {
  if (std::exchange(stopped, true)) return;
  async::BlockOn(stopping_pool.executor(0), server->Stop(deadline));
}

std::string TestServer::Ask(std::string_view request) const {
  RawClient client(port());
  client.Send(request);
  return client.ReadToEnd();
}

std::string Get(std::string_view path, std::string_view more_headers) {
  return fmt::format("GET {} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{}\r\n", path,
                     more_headers);
}

int StatusOf(std::string_view response) {
  constexpr std::string_view kVersion = "HTTP/1.1 ";
  int status = 0;
  if (response.starts_with(kVersion)) {
    std::from_chars(response.data() + kVersion.size(), response.data() + response.size(), status);
  }
  return status;
}

std::string BodyOf(std::string_view response) {
  const std::size_t end = response.find("\r\n\r\n");
  return end == std::string_view::npos ? std::string() : std::string(response.substr(end + 4));
}

bool Contains(std::string_view text, std::string_view part) { return text.contains(part); }

}  // namespace tritontube::http
