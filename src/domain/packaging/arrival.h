#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "core/bmff/source_scanner.h"
#include "domain/packaging/source_plan.h"

namespace tritontube::packaging {

// Which bytes of a file that is still being uploaded are there: disjoint ranges
// in any order of arrival, joined where they touch.
//
// The earliest moment at which a plan can be made is when each range that a
// bmff::SourceScanner wants is contained.
class ArrivedRanges {
 public:
  void Add(bmff::ByteRange range);
  bool Contains(bmff::ByteRange range) const;
  const std::vector<bmff::ByteRange>& ranges() const { return ranges_; }

 private:
  std::vector<bmff::ByteRange> ranges_;  // By offset.
};

// How many segments of a track, from its first on, have all of their data there.
// `known` of them are known to, and are not looked at again.
std::size_t CountComplete(const SourcePlan::Track& track, const ArrivedRanges& arrived,
                          std::size_t known = 0);

}  // namespace tritontube::packaging
