#pragma once

#include <functional>

#include "base/random.h"
#include "core/blob/blob_store.h"
#include "core/coordination/lease_keeper.h"
#include "domain/catalog/catalog.h"
#include "services/space/space.h"

namespace tritontube::extras {

// What the services for people are made of.
struct ExtraStores {
  catalog::Catalog& catalog;
  blob::BlobStore& store;
  const coordination::LeaseKeeper& lease;
  Random& random;
  space::Space& space;
};

// Nothing when it is a part of the video now; a shortage when the disk has no
// room for it, and nothing has changed.
using Added = Result<std::optional<space::Shortage>>;

// The room for what was sent and what is made of it, before any of that is written.
async::Task<Result<space::OrShortage<space::Reservation>>> ReserveExtra(ExtraStores with,
                                                                        ByteCount bytes,
                                                                        Deadline deadline);

// Turns the stored blob into a part of the video, or fails.
using CommitExtra = std::function<async::Task<Result<void>>(UploadId upload)>;
// The name of the blob under a new upload id.
using NameExtra = std::function<std::string(const UploadId& upload)>;

// Stores one blob under a new upload id, which the catalog hears of before, and
// makes it a part of the video by `commit`. After an error nothing has changed,
// and what was stored is garbage.
async::Task<Added> AddExtra(ExtraStores with, space::Reservation room, VideoId video,
                            NameExtra name, blob::Bytes bytes, CommitExtra commit,
                            Deadline deadline);

}  // namespace tritontube::extras
