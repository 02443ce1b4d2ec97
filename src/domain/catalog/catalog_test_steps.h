#pragma once

#include <string>
#include <vector>

#include "domain/catalog/codec.h"
#include "domain/catalog/keys.h"
#include "support/catalog_world.h"

// Steps that several tests of the catalog take.
namespace tritontube::catalog {

// Claims the job of a video as a worker would.
inline async::Task<UploadId> Claim(support::CatalogWorld& world, support::Names names,
                                   coordination::LeaseId lease) {
  const UploadId output = UploadId::Generate(world.random);
  const auto put = coordination::Operation::Put(ClaimKey(names.video),
                                                Encode(JobClaim{.output = output}), lease);
  support::Must(co_await world.engine.Commit({.compares = {}, .then = {put}}, support::Soon()));
  co_return output;
}

inline async::Task<std::vector<std::string>> KeysLeft(support::CatalogWorld& world) {
  const auto page = support::Must(co_await world.engine.Range({.prefix = ""}, support::Soon()));
  std::vector<std::string> keys;
  keys.reserve(page.items.size());
  for (const coordination::KeyValue& item : page.items) keys.push_back(item.key);
  co_return keys;
}

}  // namespace tritontube::catalog
