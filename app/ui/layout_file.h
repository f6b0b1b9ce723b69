// The part of layout.ini that is ours: the lines between panels that the person dragged, a line a workspace.
#pragma once

namespace regard {

struct LayoutUi;

/// From now on ImGui's settings text has `layout`, and reading one fills it. ImGui's context must be there,
/// and must not outlive `layout` while text is read or written. UI thread.
void keep_layout_in_settings(LayoutUi& layout);

}  // namespace regard
