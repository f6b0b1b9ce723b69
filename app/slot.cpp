#include "app/slot.h"

namespace regard {

std::jthread start_thread(std::function<void(std::stop_token)> body) { return std::jthread(std::move(body)); }

}  // namespace regard
