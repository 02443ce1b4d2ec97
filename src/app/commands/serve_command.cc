#include "app/commands/serve_command.h"

#include "app/serve.h"

namespace tritontube::app {

Result<void> ServeCommand::Run(const Console& console) {
  TT_RETURN_IF_ERROR(flags_.Resolve(console.environment));
  return Serve(settings_);
}

}  // namespace tritontube::app
