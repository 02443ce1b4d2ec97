#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/bytes.h"
#include "core/bmff/aac_config.h"
#include "core/bmff/avc_config.h"
#include "core/bmff/bit_reader.h"
#include "support/movie_file.h"

namespace tritontube::bmff {
namespace {

using ::testing::HasSubstr;

// Writes bits, most significant first, for sets that no encoder at hand writes.
class BitWriter {
 public:
  BitWriter& Bits(std::uint32_t number, unsigned count) {
    for (unsigned i = count; i-- > 0;) bits_.push_back((number >> i & 1U) != 0);
    return *this;
  }
  BitWriter& Golomb(std::uint32_t number) {
    unsigned width = 0;
    while ((number + 1) >> (width + 1) != 0) ++width;
    return Bits(0, width).Bits(number + 1, width + 1);
  }
  std::string Take() {
    std::string bytes((bits_.size() + 7) / 8, '\0');
    for (std::size_t i = 0; i < bits_.size(); ++i) {
      const unsigned byte = static_cast<unsigned char>(bytes[i / 8]);
      if (bits_[i]) bytes[i / 8] = static_cast<char>(byte | 0x80U >> i % 8);
    }
    return bytes;
  }

 private:
  std::vector<bool> bits_;
};

// Profile, level, and the fields up to the picture size of a Main set.
BitWriter MainSet() {
  BitWriter bits;
  bits.Bits(0x67, 8).Bits(77, 8).Bits(0x40, 8).Bits(30, 8);
  return bits.Golomb(0).Golomb(0).Golomb(2).Golomb(1).Bits(0, 1);
}

TEST(BitReader, ReadsBitsAndExponentialGolombCodes) {
  const std::string bytes = BitWriter().Bits(5, 3).Golomb(0).Golomb(7).Golomb(3).Golomb(4).Take();
  BitReader bits(AsBytes(bytes));
  EXPECT_EQ(bits.Bits(3), 5U);
  EXPECT_EQ(bits.UnsignedGolomb(), 0U);
  EXPECT_EQ(bits.UnsignedGolomb(), 7U);
  EXPECT_EQ(bits.SignedGolomb(), 2);
  EXPECT_EQ(bits.SignedGolomb(), -2);
  EXPECT_TRUE(bits.ok());
  bits.Skip(100);
  EXPECT_FALSE(bits.ok());
  EXPECT_EQ(bits.Bits(1), 0U);
}

TEST(BitReader, RefusesACodeThatNeverEnds) {
  const std::string zeros(100, '\0');
  BitReader bits(AsBytes(zeros));
  EXPECT_EQ(bits.UnsignedGolomb(), 0U);
  EXPECT_FALSE(bits.ok());
}

TEST(AvcConfig, ReadsWhatAnEncoderWrote) {
  const std::string avcc = support::RealAvcConfig();
  const auto config = ParseAvcConfig(AsBytes(avcc));
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->profile, 100);
  EXPECT_EQ(config->level, 31);
  EXPECT_EQ(config->length_bytes, 4);
  ASSERT_EQ(config->sequence_sets.size(), 1U);
  ASSERT_EQ(config->picture_sets.size(), 1U);
  EXPECT_FALSE(*HasSliceGroups(config->picture_sets[0]));
  const auto sequence = ParseAvcSequence(config->sequence_sets[0]);
  ASSERT_TRUE(sequence) << sequence.error().message();
  EXPECT_EQ(sequence->profile, 100);
  EXPECT_EQ(sequence->chroma_format, 1U);
  EXPECT_EQ(sequence->luma_bits, 8U);
  EXPECT_EQ(sequence->width, 1280U);
  EXPECT_EQ(sequence->height, 720U);
  EXPECT_FALSE(sequence->may_be_interlaced);
  EXPECT_TRUE(sequence->pixel_aspect.is_square());
  EXPECT_FALSE(sequence->full_range);
}

TEST(AvcConfig, RefusesAnyCutOfIt) {
  const std::string avcc = support::RealAvcConfig();
  // Four bytes that a High set may have behind its pictures' sets are not read.
  for (std::size_t size = 0; size + 4 < avcc.size(); ++size) {
    const auto config = ParseAvcConfig(AsBytes(avcc).first(size));
    ASSERT_FALSE(config) << size;
    EXPECT_THAT(config.error().message(), HasSubstr("'avcC'"));
  }
}

TEST(AvcSequence, ReadsInterlacedCroppedWideAndHighDynamicRangePictures) {
  BitWriter bits = MainSet();
  bits.Golomb(44).Golomb(17);             // 45 by 18 macroblocks, in fields:
  bits.Bits(0, 1).Bits(0, 1).Bits(1, 1);  // 720 by 576.
  bits.Bits(1, 1).Golomb(1).Golomb(0).Golomb(0).Golomb(2);
  bits.Bits(1, 1).Bits(1, 1).Bits(255, 8).Bits(64, 16).Bits(45, 16);
  bits.Bits(0, 1);
  bits.Bits(1, 1).Bits(5, 3).Bits(1, 1).Bits(1, 1).Bits(9, 8).Bits(16, 8).Bits(9, 8);
  const std::string set = bits.Bits(0, 16).Take();
  const auto sequence = ParseAvcSequence(AsBytes(set));
  ASSERT_TRUE(sequence) << sequence.error().message();
  EXPECT_TRUE(sequence->may_be_interlaced);
  EXPECT_EQ(sequence->width, 718U);
  EXPECT_EQ(sequence->height, 568U);
  EXPECT_EQ(sequence->pixel_aspect.width, 64U);
  EXPECT_EQ(sequence->pixel_aspect.height, 45U);
  EXPECT_TRUE(sequence->full_range);
  EXPECT_EQ(sequence->transfer, 16);
}

TEST(AvcSequence, SkipsScalingLists) {
  BitWriter bits;
  bits.Bits(0x67, 8).Bits(100, 8).Bits(0, 8).Bits(40, 8).Golomb(0);
  bits.Golomb(1).Golomb(0).Golomb(0).Bits(0, 1).Bits(1, 1);
  for (int list = 0; list < 8; ++list) {
    bits.Bits(1, 1);
    // The first two lists in full, the others end at once: 8 less 8 is 0.
    for (int i = 0; i < 16 && list < 2; ++i) bits.Golomb(1);
    if (list >= 2) bits.Golomb(16);
  }
  bits.Golomb(0).Golomb(2).Golomb(1).Bits(0, 1).Golomb(9).Golomb(8).Bits(1, 1).Bits(1, 1);
  const std::string set = bits.Bits(0, 2).Take();
  const auto sequence = ParseAvcSequence(AsBytes(set));
  ASSERT_TRUE(sequence) << sequence.error().message();
  EXPECT_EQ(sequence->width, 160U);
  EXPECT_EQ(sequence->height, 144U);
}

TEST(AvcSequence, RefusesWhatNoDecoderCouldFollow) {
  const std::string other = "hstuff";
  EXPECT_FALSE(ParseAvcSequence(AsBytes(other)));
  EXPECT_FALSE(ParseAvcSequence({}));
  BitWriter huge = MainSet();
  huge.Golomb(1024).Golomb(10).Bits(0xff, 8);
  EXPECT_FALSE(ParseAvcSequence(AsBytes(huge.Take())));
  BitWriter cropped = MainSet();
  cropped.Golomb(9).Golomb(8).Bits(3, 2).Bits(1, 1).Golomb(40).Golomb(40).Golomb(0).Golomb(0);
  const std::string set = cropped.Bits(0, 16).Take();
  const auto refused = ParseAvcSequence(AsBytes(set));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("picture size"));
}

TEST(AvcSequence, RefusesAnyCutOfIt) {
  const std::string avcc = support::RealAvcConfig();
  const auto set = ParseAvcConfig(AsBytes(avcc))->sequence_sets[0];
  for (std::size_t size = 0; size < 12; ++size) EXPECT_FALSE(ParseAvcSequence(set.first(size)));
}

TEST(PictureSet, TellsOfSliceGroups) {
  BitWriter bits;
  const std::string set = bits.Bits(0x68, 8).Golomb(0).Golomb(0).Bits(0, 2).Golomb(2).Take();
  EXPECT_TRUE(*HasSliceGroups(AsBytes(set)));
  EXPECT_FALSE(HasSliceGroups(AsBytes(set).first(1)));
}

TEST(AacConfig, ReadsLowComplexityAndItsExtensions) {
  const auto low = ParseAacConfig(AsBytes(std::string("\x11\x90", 2)));
  ASSERT_TRUE(low);
  EXPECT_EQ(low->object_type, kAacLowComplexity);
  EXPECT_EQ(low->sample_rate, 48'000U);
  EXPECT_EQ(low->channel_configuration, 2U);
  EXPECT_FALSE(low->spectral_band_replication);
  // What ffmpeg writes behind plain AAC-LC: the extension, and that it is not used.
  EXPECT_FALSE(
      ParseAacConfig(AsBytes(std::string("\x11\x90\x56\xe5\x00", 5)))->spectral_band_replication);
  EXPECT_TRUE(
      ParseAacConfig(AsBytes(std::string("\x11\x90\x56\xe5\x80", 5)))->spectral_band_replication);
  const std::string explicit_rate =
      BitWriter().Bits(5, 5).Bits(15, 4).Bits(22'222, 24).Bits(1, 4).Take();
  const auto high = ParseAacConfig(AsBytes(explicit_rate));
  ASSERT_TRUE(high);
  EXPECT_TRUE(high->spectral_band_replication);
  EXPECT_EQ(high->sample_rate, 22'222U);
}

TEST(AacConfig, RefusesWhatIsCutOffOrOfNoKnownRate) {
  EXPECT_FALSE(ParseAacConfig(AsBytes("\x11")));
  EXPECT_FALSE(ParseAacConfig(AsBytes(std::string("\x16\x90", 2))));
}

}  // namespace
}  // namespace tritontube::bmff
