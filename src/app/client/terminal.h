#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>

namespace tritontube::client {

// Where a command's words go: results to one stream, everything for the eye to
// the other. Progress is one line that changes, and only shown to a terminal.
class Terminal {
 public:
  using Clock = std::chrono::steady_clock;

  Terminal(std::FILE* out, std::FILE* err);
  // As above, but whether `err` is a terminal is said.
  Terminal(std::FILE* out, std::FILE* err, bool shows_progress)
      : out_(out), err_(err), shows_progress_(shows_progress) {}

  // A result: one line, at once.
  void Result(std::string_view line);
  // A remark or an error of one of several things: one line.
  void Note(std::string_view line);
  // Takes the place of the progress before it. Cut to the terminal's width.
  void Progress(std::string_view line);
  void EndProgress();

  bool shows_progress() const { return shows_progress_; }
  // Whether the last progress is old enough for another: a few a second do.
  bool WantsProgress(Clock::time_point now);

 private:
  std::FILE* out_;
  std::FILE* err_;
  bool shows_progress_;
  bool in_progress_ = false;
  Clock::time_point last_ = {};
};

}  // namespace tritontube::client
