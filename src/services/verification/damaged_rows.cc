#include "services/verification/damaged_rows.h"

#include "domain/catalog/keys.h"

namespace tritontube::verification {

namespace {

constexpr std::size_t kRowsMax = 10'000;

}  // namespace

async::Task<Result<std::vector<DamagedRow>>> FindDamagedRows(
    coordination::Coordination& coordination, Deadline deadline) {
  std::vector<DamagedRow> damaged;
  coordination::RangeRequest range;
  for (bool more = true; more && damaged.size() < kRowsMax;) {
    TT_CO_ASSIGN_OR_RETURN(const auto page, co_await coordination.Range(range, deadline));
    for (const coordination::KeyValue& item : page.items) {
      if (item.damaged) damaged.push_back({.key = item.key, .video = catalog::VideoOf(item.key)});
    }
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
  }
  co_return damaged;
}

}  // namespace tritontube::verification
