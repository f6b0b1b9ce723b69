// The program's road of a picture: read, run, compared with captions, mapped.
#include <algorithm>

#include "app/assets.h"
#include "app/export/vision_maps.h"
#include "app/program.h"
#include "core/analysis/flow.h"
#include "core/analysis/vision.h"

namespace regard {
namespace {

std::filesystem::path scenes_dir() { return assets_dir() / "images" / "scenes"; }

std::string one_line(std::string text) {
  std::ranges::replace(text, '\n', ' ');
  return text;
}

Result<RowVector> slow_map(const VisionRun& run, const SlowMapKey& key, const RowVector& text,
                           std::stop_token stop) {
  if (key.token < 0)
    return text_map(run, text, key.chefer ? TextMapMethod::kChefer : TextMapMethod::kLeGrad, stop);
  if (key.flow) return attention_flow(*run.output.record, key.token, stop);
  RolloutOptions options;
  options.discard = static_cast<double>(key.discard);
  return rollout_row(*run.output.record, key.token, options);
}

}  // namespace

std::filesystem::path sample_or_file(const std::string& image) {
  const std::filesystem::path asked(image);
  if (asked.has_parent_path() || asked.has_extension()) return asked;
  return scenes_dir() / (image + ".png");
}

void Program::start_reading_image() {
  image_reader_.submit([name = state_.doc.picture.image](std::stop_token) {
    auto read = std::make_shared<ReadImage>(ReadImage{{}, {}, name, {}});
    auto image = read_image(sample_or_file(name));
    if (image) {
      read->image = std::make_shared<const Image>(std::move(*image));
      read->objects = scene_objects(scenes_dir(), name);
    } else {
      read->error = image.error().message;
    }
    return std::shared_ptr<const ReadImage>(read);
  });
}

void Program::accept_image(const ReadImage& read) {
  if (read.name != state_.doc.picture.image) return;  // another one was asked for since
  if (!read.image) {
    state_.error = Notice{one_line(read.error)};
    if (!state_.image_name.empty()) state_.doc.picture.image = state_.image_name;  // the one in sight stays
    return;
  }
  state_.image = read.image;
  state_.image_name = read.name;
  state_.objects = read.objects;
  state_.vision.reset();
  start_vision_run();
}

void Program::start_vision_run() {
  if (!state_.vision_model || !state_.image) return;
  const VisionRequest request{state_.vision_model, state_.image, state_.doc.picture.long_side};
  vision_runner_.submit([request](std::stop_token stop) {
    auto answer = std::make_shared<VisionAnswer>();
    auto run = run_vision(request, stop);
    if (run) {
      answer->run = *run;
    } else if (run.error().code != ErrorCode::kCancelled) {
      answer->error = run.error().message;
    }
    return std::shared_ptr<const VisionAnswer>(answer);
  });
}

void Program::accept_vision_run(const VisionAnswer& answer) {
  if (!answer.error.empty()) state_.error = Notice{one_line(answer.error)};
  if (!answer.run || answer.run->request.model != state_.vision_model ||
      answer.run->request.image != state_.image)
    return;
  state_.vision = answer.run;
  const auto gone = [&](int token) { return token >= answer.run->tokens(); };
  PictureDocument& picture = state_.doc.picture;
  for (std::vector<int>* tokens : {&picture.pins, &picture.region_a, &picture.region_b})
    std::erase_if(*tokens, gone);
  if (state_.first_picture) show_first_picture(state_);
  state_.first_picture = false;
  start_match();
  update_score();
}

void Program::start_match() {
  state_.matches.clear();
  state_.matches_problem.clear();
  if (!state_.vision || !state_.model || state_.doc.picture.captions.empty()) return;
  matcher_.submit([run = state_.vision, text = state_.model,
                   captions = state_.doc.picture.captions](std::stop_token stop) {
    auto answer = std::make_shared<MatchAnswer>();
    answer->run = run;
    auto matches = match_texts(*run, *text, captions, stop);
    if (matches) {
      answer->matches = std::move(*matches);
    } else if (matches.error().code != ErrorCode::kCancelled) {
      answer->problem = matches.error().message;
    }
    return std::shared_ptr<const MatchAnswer>(answer);
  });
}

void Program::accept_matches(const MatchAnswer& answer) {
  if (answer.run != state_.vision) return;
  state_.matches = answer.matches;
  state_.matches_problem = one_line(answer.problem);
  picture_.invalidate();
}

void Program::start_slow_map() {
  const auto& wanted = picture_.wanted();
  if (!wanted || slow_asked_ == wanted) return;
  slow_asked_ = wanted;
  RowVector text;
  for (const TextMatch& match : state_.matches) {
    if (match.text == wanted->caption) text = match.embedding;
  }
  slow_mapper_.submit([key = *wanted, text](std::stop_token stop) {
    auto map = std::make_shared<SlowMap>(SlowMap{key, {}, {}});
    Result<RowVector> row = slow_map(*key.run, key, text, stop);
    if (row) {
      map->map = std::move(*row);
    } else {
      map->problem = row.error().message;
    }
    return std::shared_ptr<const SlowMap>(map);
  });
}

void Program::start_region_mass() {
  const auto& wanted = picture_.wanted_regions();
  if (!wanted || regions_asked_ == wanted) return;
  regions_asked_ = wanted;
  region_worker_.submit([key = *wanted](std::stop_token) {
    auto answer = std::make_shared<RegionMass>(RegionMass{key, {}});
    if (auto mass = region_mass(*key.run->output.record, key.queries, key.keys))
      answer->mass = std::move(*mass);
    return std::shared_ptr<const RegionMass>(answer);
  });
}

// CLIP's own score of the prompt against the picture, when both come from one CLIP.
void Program::update_score() {
  state_.score.reset();
  if (!state_.run || !state_.vision || state_.model->folder != state_.vision_model->folder) return;
  const RowVector& picture = state_.vision->output.embedding;
  const RowVector& weighed = state_.run->output.embedding;
  const RowVector& plain = state_.run->plain_embedding.size() > 0 ? state_.run->plain_embedding : weighed;
  if (picture.size() == 0 || weighed.size() != picture.size()) return;
  state_.score = ClipScore{cosine_of(weighed, picture), cosine_of(plain, picture)};
}

// The row of the token in question, as `regard look` writes it.
Result<std::string> Program::picture_map_bytes(const std::string& format) const {
  const MapChoice& choice = picture_.choice();
  if (choice.layer == MapChoice::kFlow) {
    return fail(ErrorCode::kUnsupported,
                "export: expected a layer, a mean or the rollout, got attention flow, which is not exported");
  }
  const VisionMapRequest request{.map = {choice.layer, choice.head, false},
                                 .query = picture_.subject(),
                                 .incoming = state_.view.incoming};
  const auto maps = collect_vision_maps(state_.vision, request, state_.image_name);
  if (!maps) return std::unexpected(maps.error());
  return vision_map_bytes(*maps, format, strings_);
}

}  // namespace regard
