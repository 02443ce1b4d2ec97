#include "app/client/terminal.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <utility>

namespace tritontube::client {

namespace {

constexpr std::chrono::milliseconds kProgressInterval{150};
constexpr std::string_view kClearLine = "\r\x1b[K";

std::size_t WidthOf(std::FILE* stream) {
  winsize size{};
  const bool known = ::ioctl(::fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 80;
}

}  // namespace

Terminal::Terminal(std::FILE* out, std::FILE* err)
    : Terminal(out, err, ::isatty(::fileno(err)) == 1) {}

void Terminal::Result(std::string_view line) {
  EndProgress();
  fmt::print(out_, "{}\n", line);
  std::fflush(out_);
}

void Terminal::Note(std::string_view line) {
  EndProgress();
  fmt::print(err_, "tritontube: {}\n", line);
}

void Terminal::Progress(std::string_view line) {
  if (!shows_progress_) return;
  in_progress_ = true;
  fmt::print(err_, "{}{}", kClearLine, line.substr(0, WidthOf(err_) - 1));
  std::fflush(err_);
}

void Terminal::EndProgress() {
  if (!std::exchange(in_progress_, false)) return;
  fmt::print(err_, "{}", kClearLine);
  std::fflush(err_);
}

bool Terminal::WantsProgress(Clock::time_point now) {
  if (!shows_progress_ || now - last_ < kProgressInterval) return false;
  last_ = now;
  return true;
}

}  // namespace tritontube::client
