// Draw faces over the camera picture.

// The picture may be mirrored; labels never are.
function draw(context, camera, model, { width, height, ratio }) {
  const { mirrored } = camera;
  context.save();
  if (mirrored) {
    context.translate(width, 0);
    context.scale(-1, 1);
  }
  context.drawImage(camera.video, 0, 0, width, height);
  context.restore();
  const answer = camera.faces;
  if (!answer || performance.now() - answer.captured > FACES_LAST) return;
  const scale = width / answer.width;
  const emotions = model.get("_emotions");
  for (const face of [...answer.faces].reverse()) {
    const [x, y, w, h] = face.box.map((value) => value * scale);
    const box = { x: mirrored ? width - x - w : x, y, w, h };
    const emotion = emotions.find(({ name }) => name === face.emotion);
    context.strokeStyle = context.fillStyle = emotion.color;
    context.lineWidth = 3 * ratio;
    const points = { keypoints: face.keypoints, landmarks: face.landmarks }[model.get("overlay")];
    if (points) {
      const radius = (points.length > 6 ? 1.3 : 4) * ratio;
      for (const [px, py] of points) {
        dot(context, mirrored ? width - px * scale : px * scale, py * scale, radius);
      }
    } else {
      context.strokeRect(box.x, box.y, box.w, box.h);
    }
    label(context, face, emotion, box, width, ratio);
    strip(context, face, emotions, box, { width, height, ratio });
  }
}

function dot(context, x, y, radius) {
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

const fit = (start, length, whole) => Math.max(0, Math.min(start, whole - length));

function caption(face, emotion) {
  const percent = Math.round(100 * Math.max(...face.probabilities));
  return `#${face.number} ${emotion.emoji} ${face.emotion} ${percent}%`;
}

function label(context, face, emotion, box, width, ratio) {
  const text = caption(face, emotion);
  const height = 24 * ratio;
  context.font = `600 ${14 * ratio}px system-ui, "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif`;
  context.textBaseline = "middle";
  context.textAlign = "left";
  const length = context.measureText(text).width + 14 * ratio;
  const x = fit(box.x - 1.5 * ratio, length, width);
  const y = Math.max(0, box.y - height);
  context.fillStyle = emotion.color;
  context.fillRect(x, y, length, height);
  context.fillStyle = "#14171c";
  context.fillText(text, x + 7 * ratio, y + height / 2 + ratio);
}

// Seven bars below the box, in label order, each above its emoji.
function strip(context, face, emotions, box, { width, height, ratio }) {
  const bar = Math.max(13 * ratio, Math.min(22 * ratio, box.w / 7));
  const size = { w: 7 * bar + 6 * ratio, h: 60 * ratio };
  const x = fit(box.x + box.w / 2 - size.w / 2, size.w, width);
  const y = fit(box.y + box.h + 4 * ratio, size.h, height);
  context.fillStyle = "rgba(20, 23, 28, 0.72)";
  context.fillRect(x, y, size.w, size.h);
  context.font = `${Math.min(13 * ratio, bar - ratio)}px system-ui, "Apple Color Emoji", "Segoe UI Emoji", "Noto Color Emoji", sans-serif`;
  context.textAlign = "center";
  face.probabilities.forEach((probability, index) => {
    const left = x + 3 * ratio + index * bar;
    const tall = Math.max(1, probability * (size.h - 24 * ratio));
    context.fillStyle = emotions[index].color;
    context.fillRect(left + ratio, y + size.h - 19 * ratio - tall, bar - 2 * ratio, tall);
    context.fillText(emotions[index].emoji, left + bar / 2, y + size.h - 9 * ratio);
  });
}
