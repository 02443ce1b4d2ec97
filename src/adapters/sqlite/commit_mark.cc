#include "adapters/sqlite/commit_mark.h"

#include <fcntl.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <charconv>
#include <string>
#include <system_error>

namespace tritontube::sqlite {

namespace {

constexpr std::size_t kDigits = 16;

// The revision and its XXH3-64, as hexadecimal digits.
std::string TextOf(coordination::Revision revision) {
  const std::string number = fmt::format("{:016x}", revision);
  return fmt::format("{} {:016x}\n", number, XXH3_64bits(number.data(), number.size()));
}

}  // namespace

Result<CommitMark> CommitMark::Open(const std::filesystem::path& file) {
  const int opened = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (opened >= 0) return CommitMark(opened);
  const ErrorCode code =
      errno == ENOSPC ? ErrorCode::kResourceExhausted : ErrorCode::kFailedPrecondition;
  return Fail(code, "{} cannot be opened: {}", file.string(),
              std::generic_category().message(errno));
}

CommitMark::~CommitMark() {
  if (file_ >= 0) ::close(file_);
}

coordination::Revision CommitMark::Read() const {
  std::string text(TextOf(0).size(), '\0');
  if (::pread(file_, text.data(), text.size(), 0) != static_cast<ssize_t>(text.size())) return 0;
  coordination::Revision revision = 0;
  std::from_chars(text.data(), text.data() + kDigits, revision, 16);
  return text == TextOf(revision) ? revision : 0;
}

void CommitMark::Write(coordination::Revision revision) const {
  const std::string text = TextOf(revision);
  if (::pwrite(file_, text.data(), text.size(), 0) < 0) return;
}

}  // namespace tritontube::sqlite
