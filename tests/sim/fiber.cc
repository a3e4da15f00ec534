#include "tests/sim/fiber.h"

#include <sys/mman.h>
#include <ucontext.h>

#include <exception>
#include <utility>
#include <vector>

#include "common/check.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/common_interface_defs.h>
#endif
#if defined(__SANITIZE_THREAD__)
#include <sanitizer/tsan_interface.h>
#endif

namespace freshet::sim {
namespace {

// Sanitizers widen every frame; unused pages cost nothing.
constexpr std::size_t kStackBytes = 1 << 20;
constexpr std::size_t kGuardBytes = 1 << 12;

// Stacks of finished fibers of this thread.
class StackPool {
 public:
  StackPool() = default;
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;
  ~StackPool() {
    for (void* stack : free_) munmap(stack, kStackBytes);
  }
  void* take() {
    if (!free_.empty()) {
      void* stack = free_.back();
      free_.pop_back();
      return stack;
    }
    void* stack = mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    FRESHET_CHECK(stack != MAP_FAILED);
    FRESHET_CHECK(mprotect(stack, kGuardBytes, PROT_NONE) == 0);
    return stack;
  }
  void give_back(void* stack) { free_.push_back(stack); }

 private:
  std::vector<void*> free_;
};

thread_local StackPool stacks;
thread_local Fiber* running = nullptr;

}  // namespace

struct Fiber::Context {
  ucontext_t own{};
  ucontext_t resumer{};
  void* stack = stacks.take();

  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() {
#if defined(__SANITIZE_THREAD__)
    __tsan_destroy_fiber(tsan_own);
#endif
    stacks.give_back(stack);
  }

#if defined(__SANITIZE_ADDRESS__)
  void* fake_stack_of_resumer = nullptr;
  void* fake_stack_of_own = nullptr;
  const void* resumer_bottom = nullptr;
  std::size_t resumer_bytes = 0;
#endif
#if defined(__SANITIZE_THREAD__)
  void* tsan_own = __tsan_create_fiber(0);
  void* tsan_resumer = nullptr;
#endif

  void switch_in() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(&fake_stack_of_resumer, stack, kStackBytes);
#endif
#if defined(__SANITIZE_THREAD__)
    tsan_resumer = __tsan_get_current_fiber();
    __tsan_switch_to_fiber(tsan_own, 0);
#endif
    FRESHET_CHECK(swapcontext(&resumer, &own) == 0);
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_stack_of_resumer, nullptr, nullptr);
#endif
  }

  void entered() {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_finish_switch_fiber(fake_stack_of_own, &resumer_bottom, &resumer_bytes);
#endif
  }

  // `last`: the fiber will not run again.
  void switch_out([[maybe_unused]] bool last) {
#if defined(__SANITIZE_ADDRESS__)
    __sanitizer_start_switch_fiber(last ? nullptr : &fake_stack_of_own, resumer_bottom,
                                   resumer_bytes);
#endif
#if defined(__SANITIZE_THREAD__)
    __tsan_switch_to_fiber(tsan_resumer, 0);
#endif
    FRESHET_CHECK(swapcontext(&own, &resumer) == 0);
    entered();
  }
};

Fiber::Fiber(std::function<void()> body)
    : body_(std::move(body)), context_(std::make_unique<Context>()) {
  FRESHET_CHECK(getcontext(&context_->own) == 0);
  context_->own.uc_stack.ss_sp = context_->stack;
  context_->own.uc_stack.ss_size = kStackBytes;
  context_->own.uc_link = nullptr;
  makecontext(&context_->own, &Fiber::enter, 0);
}

Fiber::~Fiber() { FRESHET_CHECK(done_ || !started_); }

void Fiber::enter() {
  Fiber* const self = running;
  self->context_->entered();
  self->body_();
  self->done_ = true;
  running = nullptr;
  self->context_->switch_out(true);
}

void Fiber::resume() {
  FRESHET_CHECK(running == nullptr && !done_);
  started_ = true;
  running = this;
  context_->switch_in();
}

void Fiber::suspend() {
  Fiber* const self = running;
  FRESHET_CHECK(self != nullptr && std::uncaught_exceptions() == 0);
  running = nullptr;
  self->context_->switch_out(false);
}

}  // namespace freshet::sim
