// What sheets share that are read from some way off: the start page, the table of a class.
#pragma once

#include <string>

#include "app/ui/ui.h"

namespace regard {

/// A framed button of large type beside the last one, on the next line when it does not fit there. @param id
/// "##..."  @param first  of its row  @return whether it was pressed
bool sheet_button(Ui& ui, const char* id, const std::string& label, bool first);

}  // namespace regard
