#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "core/media/presentation.h"

namespace tritontube::manifest {

// The stored form of a presentation: compact JSON with a format version.
std::string PresentationToJson(const media::Presentation& presentation);

// Reads what PresentationToJson wrote, and checks every value, because the
// bytes come from a disk. Errors: kCorrupt when they are not what we write,
// kFailedPrecondition when a newer version wrote them.
Result<media::Presentation> PresentationFromJson(std::string_view json);

}  // namespace tritontube::manifest
