#pragma once

// What the writer process and the test that kills it say to each other.
namespace tritontube::durability {

// Bytes that the writer sends.
inline constexpr char kReadBack = 'r';           // All that the ledger promised was there.
inline constexpr char kSmallAcknowledged = 's';  // A batch that went through the log.
inline constexpr char kLargeAcknowledged = 'l';  // A batch that went past the log.

// How the writer exits when the store is not what the ledger says.
inline constexpr int kLost = 3;

}  // namespace tritontube::durability
