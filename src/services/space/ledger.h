#pragma once

#include <expected>
#include <map>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"

namespace tritontube::space {

// Why there is no room, in numbers.
struct Shortage {
  ByteCount needed = 0;     // What was asked for.
  ByteCount free = 0;       // What the disk has.
  ByteCount reserved = 0;   // Of that, what others have been promised.
  ByteCount keep_free = 0;  // Of that, what is never given away.

  // What to do about it, for whoever asked.
  std::string ToText() const;

  bool operator==(const Shortage&) const = default;
};

// What was asked for, or that there is no room.
template <typename T>
using OrShortage = std::expected<T, Shortage>;

// "1234 MB", rounded up: for messages.
std::string Megabytes(ByteCount bytes);

// Who has been promised how much of the disk. What is promised and not written
// yet is no longer anybody else's, although the disk still calls it free.
//
// There is one entry per video, from its first byte until it is ready or gone:
// held while somebody writes, left behind while its transcode waits. Pure: the
// caller says what the disk has. Not synchronized.
class Ledger {
 public:
  // Names one version of an entry, so that who has lost it cannot change it.
  using Ticket = std::uint64_t;

  // Enters `bytes` for the video, in the place of what stood there, unless the
  // disk would then have less than `keep_free` left for everybody else.
  OrShortage<Ticket> Reserve(const VideoId& video, ByteCount bytes, ByteCount free,
                             ByteCount keep_free);
  // The bytes of the held entry that `ticket` names.
  void Change(const VideoId& video, Ticket ticket, ByteCount bytes);
  // Nobody holds it any more, but `bytes` are owed; none of them: it is gone.
  void Leave(const VideoId& video, Ticket ticket, ByteCount bytes);

  // What is left behind for the video is `bytes` now. Nothing happens while
  // somebody holds its entry.
  void Owe(const VideoId& video, ByteCount bytes);

  // Makes what is left behind agree with the transcodes that wait and the
  // uploads that are open. They were
  // listed after last_ticket() had been `since`: what was left behind later is
  // not in the list and stays.
  void Reconcile(const std::map<VideoId, ByteCount>& waiting, Ticket since);

  ByteCount total() const { return total_; }
  ByteCount BytesOf(const VideoId& video) const;
  Ticket last_ticket() const { return last_ticket_; }

 private:
  struct Entry {
    ByteCount bytes = 0;
    Ticket ticket = 0;
    bool held = false;
  };
  using Entries = std::map<VideoId, Entry>;

  Ticket Put(const VideoId& video, ByteCount bytes, bool held);
  Entries::iterator Erase(Entries::iterator entry);

  Entries entries_;
  ByteCount total_ = 0;
  Ticket last_ticket_ = 0;
};

}  // namespace tritontube::space
