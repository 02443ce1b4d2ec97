#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <deque>
#include <string>
#include <vector>

#include "app/client/api.h"
#include "support/temporary_folder.h"

namespace tritontube::client {

// A server that answers what it was told to, in order, and remembers what it was
// asked.
class FakeServer final : public http_client::HttpClient {
 public:
  struct Asked {
    std::string method;
    std::string path;
    http::Headers headers;
    std::string body;
  };

  void WillAnswer(http_client::Answer answer) { answers_.emplace_back(std::move(answer)); }
  void WillAnswer(std::string body) {
    WillAnswer({.status = 200, .headers = {}, .body = std::move(body)});
  }
  void WillFail(ErrorCode code, std::string message) {
    answers_.emplace_back(std::unexpected(Error(code, std::move(message))));
  }
  // Whatever is asked when nothing is left.
  void WillElseAnswer(std::string body) {
    else_answer_ = {.status = 200, .headers = {}, .body = std::move(body)};
  }
  // The next answer breaks off behind its body.
  void WillBreakOff() { breaks_off_ = true; }

  Result<http_client::Answer> Send(const http_client::Call& call) override {
    asked.push_back({call.method, call.path, call.headers, call.body});
    if (call.file) TT_RETURN_IF_ERROR(ReadFile(*call.file));
    if (answers_.empty() && else_answer_) return *else_answer_;
    if (answers_.empty()) return Fail(ErrorCode::kInternal, "nothing is left to be answered");
    Result<http_client::Answer> answer = std::move(answers_.front());
    answers_.pop_front();
    if (!answer) return answer;
    if (call.on_head) TT_RETURN_IF_ERROR(call.on_head(answer->status, answer->headers));
    if (call.progress) call.progress({.sent = 1, .received = answer->body.size()});
    if (call.sink && answer->status < 300) {
      // In two pieces, as if from a network.
      const std::string body = std::exchange(answer->body, {});
      TT_RETURN_IF_ERROR(call.sink(body.substr(0, body.size() / 2)));
      TT_RETURN_IF_ERROR(call.sink(body.substr(body.size() / 2)));
    }
    if (breaks_off_) return Fail(ErrorCode::kUnavailable, "the connection broke off");
    return answer;
  }

  std::vector<Asked> asked;

 private:
  Result<void> ReadFile(const http_client::OutgoingFile& file) {
    std::array<char, 3> buffer{};
    for (;;) {
      TT_ASSIGN_OR_RETURN(const std::size_t size, file.read(buffer));
      if (size == 0) return {};
      asked.back().body.append(buffer.data(), size);
    }
  }

  std::deque<Result<http_client::Answer>> answers_;
  std::optional<http_client::Answer> else_answer_;
  bool breaks_off_ = false;
};

inline http_client::Answer Problem(int status, const std::string& detail) {
  return {.status = status, .headers = {}, .body = nlohmann::json{{"detail", detail}}.dump()};
}

// A command's world: what it printed is in out() and err().
class ClientTest : public testing::Test {
 protected:
  ~ClientTest() override {
    std::fclose(out_);
    std::fclose(err_);
  }

  std::string out() const { return TextIn(out_); }
  std::string err() const { return TextIn(err_); }

  support::TemporaryFolder folder_;
  FakeServer server_;
  FakeServer aside_;
  std::FILE* out_ = std::tmpfile();
  std::FILE* err_ = std::tmpfile();
  Terminal terminal_{out_, err_, false};
  int waits_left_ = 1000;
  Context context_{.http = server_,
                   .aside = aside_,
                   .server = "http://tube",
                   .terminal = terminal_,
                   .json = false,
                   .wait = [this](std::chrono::milliseconds) { return waits_left_-- > 0; }};

 private:
  static std::string TextIn(std::FILE* file) {
    std::fflush(file);
    std::string text(static_cast<std::size_t>(std::ftell(file)), '\0');
    EXPECT_EQ(std::fseek(file, 0, SEEK_SET), 0);
    const std::size_t size = std::fread(text.data(), 1, text.size(), file);
    return text.substr(0, size);
  }
};

}  // namespace tritontube::client
