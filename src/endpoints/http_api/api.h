#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/coordination/coordination.h"
#include "domain/catalog/catalog.h"
#include "endpoints/http_api/web_assets.h"
#include "services/cluster/reporter.h"
#include "services/delivery/delivery.h"
#include "services/extras/caption_service.h"
#include "services/extras/poster_service.h"
#include "services/library/library.h"
#include "services/upload/resumable_uploads.h"
#include "services/upload/upload_service.h"
#include "services/verification/verifier.h"
#include "transport/http/router.h"

// The HTTP interface: routes, and nothing else. Every decision is a service's.
namespace tritontube::http_api {

// How a server is.
struct Health {
  // Why it should get no traffic; nothing when it should.
  std::function<async::Task<std::optional<std::string>>()> unready_reason;
  // What /metrics tells, in the Prometheus text format.
  std::function<async::Task<std::string>()> metrics_text;
};

struct Services {
  library::Library& library;
  catalog::Catalog& catalog;
  coordination::Coordination& coordination;
  upload::UploadService& upload;
  upload::ResumableUploads& resumable;
  delivery::Delivery& delivery;
  verification::Verifier& verifier;
  blob::BlobStore& blobs;  // For what reads it whole, such as a backup.
  extras::CaptionService& captions;
  extras::PosterService& posters;
  const WebAssets& assets;
  const cluster::Reporter& cluster;
  Health health;
};

struct ApiOptions {
  ByteCount upload_bytes_max = ByteCount{1} << 40U;
};

// What tells whoever runs a server how it is: /healthz, /readyz and /metrics.
void AddHealthRoutes(http::Router& router, const Health& health);

// Every route there is. `services` outlive the router.
http::Router BuildRouter(const Services& services, const ApiOptions& options);

}  // namespace tritontube::http_api
