#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "app/admin_client.h"
#include "app/client/terminal.h"

namespace tritontube::app {

// What `admin add` and `admin remove` ask for.
struct ChangeOrder {
  std::vector<std::string> add = {};
  std::vector<std::string> remove = {};
  bool dead = false;
  bool accepts_loss = false;
  std::chrono::milliseconds wait{0};  // For other changes to end.
};

// Asks for it and shows how it goes until it is over. The change goes on when this is interrupted.
Result<void> MakeChange(AdminClient& admin, const ChangeOrder& order, bool json,
                        client::Terminal& terminal);
// Says what it would cost.
Result<void> EstimateChange(AdminClient& admin, const ChangeOrder& order, bool json,
                            client::Terminal& terminal);

}  // namespace tritontube::app
