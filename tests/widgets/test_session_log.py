from dataclasses import replace

import numpy as np
from observations import face, seen

from fer_utils.emotions import EMOTIONS, UNCERTAIN
from fer_utils.widgets.session_log import TIMELINE_STEPS, SessionLog

HAPPY = EMOTIONS.index("happy")
HEADER = (
    "frame,time,face,x,y,width,height,score,angry,disgust,fear,happy,sad,surprise,neutral,emotion\n"
)


def nonzero(times: dict[str, float]) -> dict[str, float]:
    return {name: seconds for name, seconds in times.items() if seconds}


def test_an_empty_session_has_no_rows_no_faces_and_no_times() -> None:
    log = SessionLog()
    assert (len(log), log.time, log.faces(), log.latest()) == (0, 0, [], None)
    assert log.to_csv() == HEADER
    assert nonzero(log.seconds()) == {}
    assert list(log.seconds()) == [*EMOTIONS, UNCERTAIN]
    assert log.timeline().shape == (7, TIMELINE_STEPS)
    assert np.isnan(log.timeline()).all()


def test_every_face_adds_the_time_since_the_frame_before_to_its_emotion() -> None:
    log = SessionLog()
    log.add(seen(3, face("happy")))
    log.add(seen(3.25, face("happy"), face("sad", number=2)))
    log.add(seen(3.75, face("fear")))
    log.add(seen(4, replace(face("fear"), emotion=UNCERTAIN)))
    assert nonzero(log.seconds()) == {"happy": 0.25, "sad": 0.25, "fear": 0.5, "uncertain": 0.25}


def test_a_gap_longer_than_half_a_second_adds_no_time() -> None:
    log = SessionLog()
    for time in (0, 0.25, 10, 10.5):
        log.add(seen(time, face("happy")))
    assert nonzero(log.seconds()) == {"happy": 0.75}
    assert log.time == 10.5


def test_the_csv_has_a_row_for_each_face_and_frame() -> None:
    log = SessionLog()
    log.add(seen(2.5, face("happy"), face("sad", 0.4, number=2)))
    log.add(seen(2.75))
    log.add(seen(3, replace(face("angry", 0.25), emotion=UNCERTAIN)))
    assert log.to_csv() == HEADER + (
        "250,0.000,1,10.0,20.0,30.0,40.0,0.875,"
        "0.0417,0.0417,0.0417,0.7500,0.0417,0.0417,0.0417,happy\n"
        "250,0.000,2,20.0,20.0,30.0,40.0,0.875,"
        "0.1000,0.1000,0.1000,0.1000,0.4000,0.1000,0.1000,sad\n"
        "300,0.500,1,10.0,20.0,30.0,40.0,0.875,"
        "0.2500,0.1250,0.1250,0.1250,0.1250,0.1250,0.1250,uncertain\n"
    )


def test_the_timeline_has_the_mean_of_each_half_second_and_ends_now() -> None:
    log = SessionLog()
    for time, probability in ((0, 0.25), (0.25, 0.75), (0.5, 0.5), (1.25, 1)):
        log.add(seen(time, face("happy", probability)))
    timeline = log.timeline()
    assert timeline.dtype == np.float32
    assert timeline[HAPPY, -3:].tolist() == [0.5, 0.5, 1]
    assert np.isnan(timeline[:, :-3]).all()


def test_the_timeline_forgets_what_is_older_than_60_seconds() -> None:
    log = SessionLog()
    for step in range(3 * TIMELINE_STEPS):
        log.add(seen(step / 2, face("happy", step / 3 / TIMELINE_STEPS)))
    expected = (
        np.arange(2 * TIMELINE_STEPS, 3 * TIMELINE_STEPS, dtype=np.float32) / 3 / TIMELINE_STEPS
    )
    np.testing.assert_allclose(log.timeline()[HAPPY], expected, atol=1e-6)


def test_the_timeline_is_of_the_largest_face_or_of_a_chosen_one() -> None:
    log = SessionLog()
    log.add(seen(0, face("happy", 0.5, number=1), face("happy", 1, number=2)))
    log.add(seen(0.5, face("happy", 0.25, number=2)))
    assert log.faces() == [1, 2]
    np.testing.assert_array_equal(log.timeline()[HAPPY, -2:], [0.5, 0.25])
    np.testing.assert_array_equal(log.timeline(1)[HAPPY, -2:], [0.5, np.nan])
    np.testing.assert_array_equal(log.timeline(2)[HAPPY, -2:], [1, 0.25])
    assert np.isnan(log.timeline(3)).all()


def test_the_latest_probabilities_are_of_the_last_frame_only() -> None:
    log = SessionLog()
    log.add(seen(0, face("happy", 0.5, number=1), face("sad", 1, number=2)))
    assert log.latest() is log.latest(1)
    assert log.latest(2)[EMOTIONS.index("sad")] == 1
    log.add(seen(0.25, face("sad", number=2)))
    assert log.latest(1) is None


def test_a_face_that_was_not_seen_for_60_seconds_is_no_longer_listed() -> None:
    log = SessionLog()
    log.add(seen(0, face("happy", number=1)))
    log.add(seen(59, face("happy", number=2)))
    assert log.faces() == [1, 2]
    log.add(seen(61))
    assert log.faces() == [2]


def test_time_goes_on_and_the_timeline_begins_afresh_when_the_camera_is_started_again() -> None:
    log = SessionLog()
    log.add(seen(5, face("happy", number=1)))
    log.add(seen(5.5, face("happy", number=1), face("happy", number=2)))
    log.add(seen(0.125, face("sad", 0.5, number=1)))
    log.add(seen(0.375, face("sad", 0.5, number=1)))
    assert log.time == 0.75
    assert [line.split(",")[1] for line in log.to_csv().splitlines()[1:]] == [
        *("0.000", "0.500", "0.500"),
        *("0.500", "0.750"),
    ]
    assert nonzero(log.seconds()) == {"happy": 1, "sad": 0.25}
    assert log.faces() == [1]
    assert np.isnan(log.timeline()).sum() == 7 * (TIMELINE_STEPS - 1)


def test_reset_forgets_everything() -> None:
    log = SessionLog()
    for time in (7, 7.5):
        log.add(seen(time, face("happy")))
    log.reset()
    assert (len(log), log.time, log.faces(), log.latest()) == (0, 0, [], None)
    assert log.to_csv() == HEADER
    assert nonzero(log.seconds()) == {}
    log.add(seen(8, face("sad")))
    assert (len(log), log.time) == (1, 0)


def test_at_the_limit_the_oldest_tenth_of_the_rows_goes() -> None:
    log = SessionLog(row_limit=20)
    for frame in range(21):
        log.add(seen(frame / 4, face("happy")))
    frames = [int(line.split(",")[0]) for line in log.to_csv().splitlines()[1:]]
    assert frames == [25 * frame for frame in range(2, 21)]
    assert len(log) == 19
    assert log.faces() == [1]
    assert nonzero(log.seconds()) == {"happy": 5}


def test_rows_of_before_a_restart_stay_out_of_the_timeline_at_the_limit() -> None:
    log = SessionLog(row_limit=10)
    for frame in range(8):
        log.add(seen(frame / 4, face("happy", number=1)))
    for frame in range(4):
        log.add(seen(frame / 2, face("happy", number=2)))
    assert len(log) == 10
    assert log.faces() == [2]
    assert np.isfinite(log.timeline()[HAPPY]).sum() == 4
