#pragma once

#include <list>
#include <mutex>
#include <vector>

#include "domain/chunks/worker_row.h"

namespace tritontube::transcode {

// What the workers of a process are doing. Any thread.
class DoingList {
 public:
  // On the list for as long as it lives; the list outlives it.
  class Entry {
   public:
    Entry(DoingList& list, chunks::Doing doing);
    Entry(const Entry&) = delete;
    Entry& operator=(const Entry&) = delete;
    ~Entry();
    void SetFraction(double fraction);

   private:
    DoingList& list_;
    std::list<chunks::Doing>::iterator at_;
  };

  std::vector<chunks::Doing> Now() const;

 private:
  mutable std::mutex mutex_;
  std::list<chunks::Doing> doing_;
};

}  // namespace tritontube::transcode
