from fer_utils.vision.file_kinds import is_picture, is_video


def test_suffixes_tell_pictures_and_videos() -> None:
    names = ("a.JPG", "b.mp4", "c.MOV", "d.txt", "jpg", "e.webp")
    assert [name for name in names if is_picture(name)] == ["a.JPG", "e.webp"]
    assert [name for name in names if is_video(name)] == ["b.mp4", "c.MOV"]
