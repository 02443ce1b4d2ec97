#include "services/storage_node/slot_walk.h"

#include <algorithm>
#include <array>

#include "core/blob/digester.h"

namespace tritontube::storage_node {

namespace {

constexpr std::size_t kKeysPerRead = 1000;

// The same on every machine.
std::array<std::byte, 24> LittleEndian(const blob::BlobStat& stat) {
  std::array<std::byte, 24> bytes{};
  std::size_t at = 0;
  for (const std::uint64_t number : {stat.size, stat.digest.high, stat.digest.low}) {
    for (unsigned shift = 0; shift < 64; shift += 8) {
      bytes.at(at++) = static_cast<std::byte>(number >> shift);
    }
  }
  return bytes;
}

blob::Digest HashOf(const blob::ScanItem& item) {
  blob::Digester digester;
  digester.Add(AsBytes(blob::ToText(item.key)));
  digester.Add(LittleEndian(item.stat));
  return digester.digest();
}

// A sum does not depend on the order, and one blob can be taken out of it again.
void Add(replication::SlotDigest& digest, const blob::ScanItem& item) {
  const blob::Digest hash = HashOf(item);
  ++digest.blobs;
  digest.sum.low += hash.low;
  const std::uint64_t carry = digest.sum.low < hash.low ? 1 : 0;
  digest.sum.high += hash.high + carry;
}

// True when the page is full.
bool Collect(const blob::ScanPage& read, const replication::SlotScanRequest& request,
             replication::SlotScanPage& page) {
  for (const blob::ScanItem& item : read.items) {
    page.last = item.key;
    if (!request.slots.test(placement::SlotOf(item.key))) continue;
    page.items.push_back(item);
    if (page.items.size() == request.limit) return true;
  }
  return false;
}

}  // namespace

async::Task<Result<replication::SlotScanPage>> ScanSlots(blob::BlobStore& store,
                                                         replication::SlotScanRequest request,
                                                         Deadline deadline) {
  request.limit = std::max(request.limit, std::size_t{1});
  replication::SlotScanPage page{.more = true, .last = request.after};
  for (std::size_t looked = 0; page.more && looked < kKeysPerSlotPage; looked += kKeysPerRead) {
    TT_CO_ASSIGN_OR_RETURN(
        const blob::ScanPage read,
        co_await store.Scan({.after = page.last, .limit = kKeysPerRead}, deadline));
    if (Collect(read, request, page)) break;
    page.more = read.more;
  }
  co_return page;
}

async::Task<Result<std::vector<replication::SlotDigest>>> DigestSlots(blob::BlobStore& store,
                                                                      Deadline deadline) {
  std::vector<replication::SlotDigest> digests(placement::kSlotCount);
  for (std::size_t slot = 0; slot < digests.size(); ++slot) {
    digests[slot].slot = static_cast<placement::Slot>(slot);
  }
  blob::ScanRequest request{.limit = kKeysPerRead};
  for (bool more = true; more;) {
    TT_CO_ASSIGN_OR_RETURN(const blob::ScanPage page, co_await store.Scan(request, deadline));
    for (const blob::ScanItem& item : page.items) {
      Add(digests[placement::SlotOf(item.key)], item);
      request.after = item.key;
    }
    more = page.more;
  }
  co_return digests;
}

}  // namespace tritontube::storage_node
