#include "services/space/ledger.h"

#include <fmt/format.h>

#include <algorithm>

namespace tritontube::space {

std::string Megabytes(ByteCount bytes) {
  constexpr ByteCount kMegabyte = 1'000'000;
  return fmt::format("{} MB", bytes / kMegabyte + (bytes % kMegabyte == 0 ? 0 : 1));
}

std::string Shortage::ToText() const {
  return fmt::format(
      "There is no room for it: it needs {} with all that is made of it, the disk has {} free, of "
      "which {} are promised to other videos and {} are kept free. Delete videos, wait until "
      "others are ready, or give the server a larger disk.",
      Megabytes(needed), Megabytes(free), Megabytes(reserved), Megabytes(keep_free));
}

OrShortage<Ledger::Ticket> Ledger::Reserve(const VideoId& video, ByteCount bytes, ByteCount free,
                                           ByteCount keep_free) {
  const ByteCount others = total_ - BytesOf(video);
  // By subtraction: the sum of three sizes that a client may choose can wrap.
  const ByteCount taken = std::min(free, others + keep_free);
  if (bytes > free - taken) {
    return std::unexpected(
        Shortage{.needed = bytes, .free = free, .reserved = others, .keep_free = keep_free});
  }
  return Put(video, bytes, true);
}

void Ledger::Change(const VideoId& video, Ticket ticket, ByteCount bytes) {
  const auto entry = entries_.find(video);
  if (entry == entries_.end() || entry->second.ticket != ticket) return;
  total_ += bytes - entry->second.bytes;
  entry->second.bytes = bytes;
}

void Ledger::Leave(const VideoId& video, Ticket ticket, ByteCount bytes) {
  const auto entry = entries_.find(video);
  if (entry == entries_.end() || entry->second.ticket != ticket) return;
  Erase(entry);
  if (bytes > 0) Put(video, bytes, false);
}

void Ledger::Owe(const VideoId& video, ByteCount bytes) {
  const auto entry = entries_.find(video);
  if (entry != entries_.end() && entry->second.held) return;
  if (bytes > 0) {
    Put(video, bytes, false);
  } else if (entry != entries_.end()) {
    Erase(entry);
  }
}

void Ledger::Reconcile(const std::map<VideoId, ByteCount>& waiting, Ticket since) {
  for (auto entry = entries_.begin(); entry != entries_.end();) {
    const bool is_stale =
        !entry->second.held && entry->second.ticket <= since && !waiting.contains(entry->first);
    entry = is_stale ? Erase(entry) : std::next(entry);
  }
  for (const auto& [video, bytes] : waiting) {
    if (!entries_.contains(video)) Put(video, bytes, false);
  }
}

ByteCount Ledger::BytesOf(const VideoId& video) const {
  const auto entry = entries_.find(video);
  return entry == entries_.end() ? 0 : entry->second.bytes;
}

Ledger::Ticket Ledger::Put(const VideoId& video, ByteCount bytes, bool held) {
  total_ += bytes - BytesOf(video);
  entries_[video] = {.bytes = bytes, .ticket = ++last_ticket_, .held = held};
  return last_ticket_;
}

Ledger::Entries::iterator Ledger::Erase(Entries::iterator entry) {
  total_ -= entry->second.bytes;
  return entries_.erase(entry);
}

}  // namespace tritontube::space
