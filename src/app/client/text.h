#pragma once

#include <chrono>
#include <string>

#include "base/bytes.h"

// Numbers as people read them.
namespace tritontube::client {

std::string FormatBytes(ByteCount bytes);                 // "12.3 MiB"
std::string FormatDuration(std::chrono::seconds length);  // "0:07", "1:02:03"

}  // namespace tritontube::client
