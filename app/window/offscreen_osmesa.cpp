// OpenGL drawn by the CPU into memory, with neither window system nor EGL. Opened while running; its header
// is not needed: three functions and a few numbers that have not changed since Mesa 11.2.
#include <array>
#include <memory>
#include <vector>

#include <glad/gl.h>

#include "app/window/library.h"
#include "app/window/offscreen.h"

namespace regard {
namespace {

using OsMesaContext = struct OsMesaContextRecord*;

// From GL/osmesa.h.
constexpr int kFormat = 0x22;
constexpr int kProfile = 0x33;
constexpr int kCoreProfile = 0x34;
constexpr int kMajorVersion = 0x36;
constexpr int kMinorVersion = 0x37;

struct OsMesa {
  OsMesaContext (*create)(const int* attributes, OsMesaContext share) = nullptr;
  void (*destroy)(OsMesaContext context) = nullptr;
  unsigned char (*make_current)(OsMesaContext context, void* pixels, GLenum type, int width,
                                int height) = nullptr;
  GlFunction (*get_proc_address)(const char* name) = nullptr;

  bool load() {
    const Library library({"libOSMesa.so.8", "libOSMesa.so.6"});
    return library && library.find("OSMesaCreateContextAttribs", create) &&
           library.find("OSMesaDestroyContext", destroy) && library.find("OSMesaMakeCurrent", make_current) &&
           library.find("OSMesaGetProcAddress", get_proc_address);
  }
};

class OsMesaBareContext final : public BareContext {
 public:
  OsMesaBareContext(const OsMesa& mesa, OsMesaContext context)
      : mesa_(mesa), context_(context), pixels_(16 * 16) {}
  ~OsMesaBareContext() override {
    mesa_.make_current(nullptr, nullptr, 0, 0, 0);
    mesa_.destroy(context_);
  }
  OsMesaBareContext(const OsMesaBareContext&) = delete;
  OsMesaBareContext& operator=(const OsMesaBareContext&) = delete;

  bool make_current() { return mesa_.make_current(context_, pixels_.data(), GL_UNSIGNED_BYTE, 16, 16) != 0; }
  GlLoader loader() const override { return mesa_.get_proc_address; }
  std::string name() const override { return "OSMesa"; }

 private:
  OsMesa mesa_;
  OsMesaContext context_;
  std::vector<std::uint32_t> pixels_;  // a target it insists on; we draw into framebuffers
};

}  // namespace

Result<std::unique_ptr<BareContext>> make_osmesa_context() {
  OsMesa mesa;
  if (!mesa.load()) return fail(ErrorCode::kUnsupported, "OSMesa: libOSMesa.so.8 is not installed");
  constexpr std::array<int, 9> kCore33 = {kFormat,       GL_RGBA, kProfile, kCoreProfile, kMajorVersion, 3,
                                          kMinorVersion, 3,       0};
  const OsMesaContext context = mesa.create(kCore33.data(), nullptr);
  if (context == nullptr) return fail(ErrorCode::kUnsupported, "OSMesa: OpenGL below 3.3");
  auto made = std::make_unique<OsMesaBareContext>(mesa, context);
  if (!made->make_current()) return fail(ErrorCode::kUnsupported, "OSMesa: its context cannot be used");
  return made;
}

}  // namespace regard
