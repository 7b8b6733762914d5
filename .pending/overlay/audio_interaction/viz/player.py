"""An audio element that tells the kernel where it plays (needs anywidget)."""

import anywidget
import traitlets


class SyncedAudio(anywidget.AnyWidget):
    """Browser audio player.

    Attributes:
        sound: a whole audio file that browsers play, such as wav.
        now: seconds played, reported about four times a second.
    """

    _esm = """
    function render({ model, el }) {
      const audio = document.createElement("audio");
      audio.controls = true;
      audio.style.width = "95%";
      audio.src = URL.createObjectURL(new Blob([model.get("sound")], { type: "audio/wav" }));
      audio.addEventListener("timeupdate", () => {
        model.set("now", audio.currentTime);
        model.save_changes();
      });
      const seek = (message) => { audio.currentTime = message.seek; };
      model.on("msg:custom", seek);
      el.appendChild(audio);
      return () => { model.off("msg:custom", seek); URL.revokeObjectURL(audio.src); };
    }
    export default { render };
    """
    sound = traitlets.Bytes(b"").tag(sync=True)
    now = traitlets.Float(0.0).tag(sync=True)

    def seek(self, now: float) -> None:
        """Go to `now` seconds, playing or not."""
        self.send({"seek": now})
