// OpenGL through EGL, with no window system. libEGL is opened while running, so that the program needs it
// nowhere else.
#include <array>
#include <memory>
#include <string_view>

#include <EGL/egl.h>
#include <EGL/eglext.h>
#include <glad/gl.h>

#include "app/window/library.h"
#include "app/window/offscreen.h"

namespace regard {
namespace {

struct Egl {
  decltype(eglGetProcAddress)* get_proc_address = nullptr;
  decltype(eglQueryString)* query_string = nullptr;
  decltype(eglGetDisplay)* get_display = nullptr;
  decltype(eglInitialize)* initialize = nullptr;
  decltype(eglTerminate)* terminate = nullptr;
  decltype(eglBindAPI)* bind_api = nullptr;
  decltype(eglChooseConfig)* choose_config = nullptr;
  decltype(eglCreateContext)* create_context = nullptr;
  decltype(eglDestroyContext)* destroy_context = nullptr;
  decltype(eglMakeCurrent)* make_current = nullptr;

  bool load() {
    const Library library({"libEGL.so.1"});
    return library && library.find("eglGetProcAddress", get_proc_address) &&
           library.find("eglQueryString", query_string) && library.find("eglGetDisplay", get_display) &&
           library.find("eglInitialize", initialize) && library.find("eglTerminate", terminate) &&
           library.find("eglBindAPI", bind_api) && library.find("eglChooseConfig", choose_config) &&
           library.find("eglCreateContext", create_context) &&
           library.find("eglDestroyContext", destroy_context) && library.find("eglMakeCurrent", make_current);
  }

  template <class F>
  F extension(const char* name) const {
    return reinterpret_cast<F>(get_proc_address(name));
  }
};

bool lists(const char* extensions, std::string_view name) {
  return extensions != nullptr && std::string_view(extensions).find(name) != std::string_view::npos;
}

// Mesa draws with no surface at all; other drivers offer their devices.
EGLDisplay find_display(const Egl& egl) {
  const char* extensions = egl.query_string(EGL_NO_DISPLAY, EGL_EXTENSIONS);
  const auto get_platform_display =
      egl.extension<PFNEGLGETPLATFORMDISPLAYEXTPROC>("eglGetPlatformDisplayEXT");
  if (get_platform_display == nullptr) return EGL_NO_DISPLAY;
  if (lists(extensions, "EGL_MESA_platform_surfaceless")) {
    return get_platform_display(EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY, nullptr);
  }
  const auto query_devices = egl.extension<PFNEGLQUERYDEVICESEXTPROC>("eglQueryDevicesEXT");
  if (lists(extensions, "EGL_EXT_platform_device") && query_devices != nullptr) {
    EGLDeviceEXT device = nullptr;
    EGLint count = 0;
    if (query_devices(1, &device, &count) == EGL_TRUE && count > 0) {
      return get_platform_display(EGL_PLATFORM_DEVICE_EXT, device, nullptr);
    }
  }
  return EGL_NO_DISPLAY;
}

class EglContext final : public BareContext {
 public:
  EglContext(const Egl& egl, EGLDisplay display) : egl_(egl), display_(display) {}
  ~EglContext() override {
    if (context_ != EGL_NO_CONTEXT) {
      egl_.make_current(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
      egl_.destroy_context(display_, context_);
    }
    egl_.terminate(display_);
  }
  EglContext(const EglContext&) = delete;
  EglContext& operator=(const EglContext&) = delete;

  GlLoader loader() const override { return egl_.get_proc_address; }
  std::string name() const override { return "EGL without a screen"; }

  bool make_current(const EGLint* attributes) {
    // No surface is ever drawn on, hence no config is needed where the driver allows that; any config will do
    // else.
    EGLConfig config = nullptr;
    EGLint count = 0;
    constexpr std::array<EGLint, 5> kWanted = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT,
                                               EGL_NONE};
    egl_.choose_config(display_, kWanted.data(), &config, 1, &count);
    context_ = egl_.create_context(display_, count > 0 ? config : nullptr, EGL_NO_CONTEXT, attributes);
    return context_ != EGL_NO_CONTEXT &&
           egl_.make_current(display_, EGL_NO_SURFACE, EGL_NO_SURFACE, context_) == EGL_TRUE;
  }

 private:
  Egl egl_;
  EGLDisplay display_;
  EGLContext context_ = EGL_NO_CONTEXT;
};

}  // namespace

Result<std::unique_ptr<BareContext>> make_egl_context() {
  Egl egl;
  if (!egl.load()) return fail(ErrorCode::kUnsupported, "EGL: libEGL.so.1 is not installed");
  const EGLDisplay display = find_display(egl);
  if (display == EGL_NO_DISPLAY || egl.initialize(display, nullptr, nullptr) != EGL_TRUE) {
    return fail(ErrorCode::kUnsupported, "EGL: no driver that draws without a screen");
  }
  auto context = std::make_unique<EglContext>(egl, display);
  if (egl.bind_api(EGL_OPENGL_API) != EGL_TRUE)
    return fail(ErrorCode::kUnsupported, "EGL: no desktop OpenGL");
  constexpr std::array<EGLint, 7> kCore33 = {EGL_CONTEXT_MAJOR_VERSION,
                                             3,
                                             EGL_CONTEXT_MINOR_VERSION,
                                             3,
                                             EGL_CONTEXT_OPENGL_PROFILE_MASK,
                                             EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT,
                                             EGL_NONE};
  if (context->make_current(kCore33.data())) return context;
  // No 3.3: a context without wishes can say what there is.
  EglContext probe(egl, display);
  if (probe.make_current(nullptr)) {
    const auto loaded = load_gl(probe.loader());
    return fail(ErrorCode::kUnsupported, "EGL: {}", loaded ? *loaded : loaded.error().message);
  }
  return fail(ErrorCode::kUnsupported, "EGL: no OpenGL context");
}

}  // namespace regard
