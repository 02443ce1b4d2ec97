#pragma once

#include <optional>
#include <vector>

#include "services/verification/pass.h"

namespace tritontube::verification {

// A part of the look at what the rows name.
struct NamedFilesPage {
  std::uint64_t blobs = 0;          // Looked at.
  std::vector<Damage> damage = {};  // Named and not there, or not as the row says.
  std::optional<blob::BlobKey> last = {};
  bool more = false;
};

// Looks whether everything is stored that a row or a presentation names, with the size and digest
// that it names, without reading bytes: those each content node verifies itself. Stateless; safe to
// use from any thread.
class NamedFiles {
 public:
  NamedFiles(catalog::Catalog& catalog, blob::BlobStore& store)
      : catalog_(catalog), store_(store) {}

  // The next blobs behind `after`, as many as a few seconds suffice for. Errors: those of
  // Coordination and the store.
  async::Task<Result<NamedFilesPage>> Check(std::optional<blob::BlobKey> after, Deadline deadline);

 private:
  catalog::Catalog& catalog_;
  blob::BlobStore& store_;
};

}  // namespace tritontube::verification
