#include "services/cluster/lives.h"

#include "domain/migration/ready_record.h"

namespace tritontube::cluster {

async::Task<Result<std::set<NodeId>>> LivesNow(coordination::Coordination& coordination,
                                               Deadline deadline) {
  std::set<NodeId> lives;
  coordination::RangeRequest range{.prefix = std::string(migration::kLivePrefix)};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(const coordination::RangePage page,
                           co_await coordination.Range(range, deadline));
    for (const coordination::KeyValue& item : page.items) {
      const auto node = NodeId::Parse(std::string_view(item.key).substr(range.prefix.size()));
      if (node) lives.insert(*node);
    }
    if (!page.items.empty()) range.after = page.items.back().key;
    more = page.more;
  }
  co_return lives;
}

}  // namespace tritontube::cluster
