#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

// A clapperboard: sound and pictures that show to the sample and to the frame when they are heard
// and seen.
namespace tritontube::chunked {

inline constexpr int kSampleRate = 48'000;
inline constexpr int kFrameRate = 25;
inline constexpr int kSamplesPerFrame = kSampleRate / kFrameRate;

// Mono sound of 16 bits that is silent but for a clap at the beginning of each of these frames: a
// tone that rises within 40 ms, so that it is like itself at one moment only.
void WriteClaps(const std::filesystem::path& wav, const std::vector<std::int64_t>& frames,
                double seconds);

// Where in `samples` the clap is that should begin at `expected`; nothing when there is none
// within 20 ms.
std::optional<std::int64_t> FindClap(const std::vector<std::int16_t>& samples,
                                     std::int64_t expected);

// The filters that make a black picture white at these frames.
std::string FlashFilter(const std::vector<std::int64_t>& frames);

}  // namespace tritontube::chunked
