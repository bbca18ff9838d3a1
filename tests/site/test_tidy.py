from livenotes.site.tidy import unique_ids


def test_the_first_of_several_ids_stays():
    body = '<p id="a">1</p><section class="x" id="a">2</section><p id="b">id="a"</p>'
    assert unique_ids(body) == '<p id="a">1</p><section class="x">2</section><p id="b">id="a"</p>'


def test_data_in_a_script_are_left_alone():
    body = r'<p id="a"></p><script>{"svg":"\u003csvg id=\"a\"\u003e"}</script>'
    assert unique_ids(body) == body
