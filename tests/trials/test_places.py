import pytest

from trials.places import BadPlace, box, find, haversine_km


@pytest.mark.parametrize(
    "text, label",
    [
        ("Boston", "Boston, MA"),
        ("boston ma", "Boston, MA"),
        ("Boston, Massachusetts", "Boston, MA"),
        ("Paris", "Paris, France"),
        ("Paris, Texas", "Paris, TX"),
        ("paris tx", "Paris, TX"),
        ("London UK", "London, United Kingdom"),
        ("München", "Munich, Germany"),
        ("Bethesda, Maryland, United States", "Bethesda, MD"),
        ("20892", "Bethesda 20892, MD"),
        ("20892-1234", "Bethesda 20892, MD"),
    ],
)
def test_a_town_or_a_zip_code_is_found_as_people_write_it(text: str, label: str) -> None:
    assert find(text)[0].label == label


def test_towns_of_one_name_come_by_size() -> None:
    assert [place.country for place in find("Birmingham")[:2]] == ["GB", "US"]


@pytest.mark.parametrize("text", ["", " , ", "Nowhereville", "99999", "%", "'; --", "x" * 100_000, "Boston, Atlantis"])
def test_what_is_no_place_finds_none(text: str) -> None:
    assert find(text) == []


def test_a_pair_of_numbers_is_a_point_that_names_no_country() -> None:
    (place,) = find("42.36, -71.06")
    assert (place.latitude, place.longitude, place.country) == (42.36, -71.06, "")


@pytest.mark.parametrize("text", ["91,0", "0,181", "-90.5,10"])
def test_a_point_that_is_nowhere_on_earth_is_refused(text: str) -> None:
    with pytest.raises(BadPlace):
        find(text)


def test_miles_where_people_think_in_miles() -> None:
    assert find("Boston")[0].uses_miles
    assert not find("Paris")[0].uses_miles


def test_the_distance_between_boston_and_new_york() -> None:
    assert haversine_km((42.3601, -71.0589), (40.7128, -74.0060)) == pytest.approx(306, abs=2)


def test_a_box_holds_what_is_within_its_distance_and_may_span_the_date_line() -> None:
    south, north, west, east = box(-17.8, 179.9, 100)
    assert south < -18.6
    assert north > -17.0
    assert west > 178
    assert east < -178


def test_a_box_around_a_pole_goes_all_around() -> None:
    assert box(89.9, 10, 100)[2:] == (-180, 180)
