//! Every criterion of WCAG 2.2, levels A and AA, with what becomes of it in the form and the tests that hold it.
//!
//! Apart because it is a table and nothing else. The report is written from it, and a test that it names has to exist.

use Verdict::{Held, Host, Nothing};

/// What becomes of a criterion.
pub(super) enum Verdict {
    /// The form meets it, and these tests fail where it does not.
    Held(&'static [&'static str]),
    /// It is about the page around the form.
    Host,
    /// The form has nothing that it is about.
    Nothing,
}

/// Number, name, level, what becomes of it, and how.
pub(super) type Row = (&'static str, &'static str, &'static str, Verdict, &'static str);

const AXE: [&str; 4] = [
    "axe_finds_nothing_in_any_shipped_form_or_in_one_without_its_link",
    "axe_finds_nothing_in_any_state_light_or_dark",
    "axe_finds_nothing_in_any_preset_and_state_light_or_dark",
    "axe_finds_nothing_in_any_shipped_form_on_a_host_page_or_in_its_iframe",
];
const WALK: &str = "every_shipped_form_is_read_measured_and_sent_by_keyboard_alone";
const TREE: &str = "screen_reader_is_told_names_wishes_and_problems";
const CONTRAST: &str = "every_preset_has_contrast_enough_light_and_dark";
const SUMMARY: &str = "empty_send_names_every_problem_and_takes_focus_to_the_summary";
const BLUR: &str = "problems_come_on_blur_and_go_when_mended";
const LANGUAGE: &str = "visitor_reads_the_form_in_their_language_and_direction";

#[rustfmt::skip]
pub(super) const CRITERIA: &[Row] = &[
    ("1.1.1", "Non-text Content", "A", Held(&AXE), "Every sign has words beside it and is hidden from screen readers itself."),
    ("1.2.1", "Audio-only and Video-only (Prerecorded)", "A", Nothing, "No sound, no film."),
    ("1.2.2", "Captions (Prerecorded)", "A", Nothing, "No sound, no film."),
    ("1.2.3", "Audio Description or Media Alternative (Prerecorded)", "A", Nothing, "No sound, no film."),
    ("1.2.4", "Captions (Live)", "AA", Nothing, "No sound, no film."),
    ("1.2.5", "Audio Description (Prerecorded)", "AA", Nothing, "No sound, no film."),
    ("1.3.1", "Info and Relationships", "A", Held(&[TREE, WALK]), "Labels, groups, hints and problems belong to their controls in the accessibility tree."),
    ("1.3.2", "Meaningful Sequence", "A", Held(&[WALK]), "The order of the page is the order of Tab."),
    ("1.3.3", "Sensory Characteristics", "A", Held(&[LANGUAGE]), "No sentence of ours speaks of a place, a shape or a color; embedders' own sentences are theirs."),
    ("1.3.4", "Orientation", "AA", Held(&["each_state_fits_its_screen_light_and_dark"]), "Portrait and landscape alike."),
    ("1.3.5", "Identify Input Purpose", "AA", Held(&["controls_carry_label_help_autofill_and_limits"]), "Fields about the visitor have their `autocomplete` names."),
    ("1.4.1", "Use of Color", "A", Held(&[TREE, SUMMARY]), "What is wrong is said in words, at the field and in the summary."),
    ("1.4.2", "Audio Control", "A", Nothing, "No sound."),
    ("1.4.3", "Contrast (Minimum)", "AA", Held(&[CONTRAST, AXE[2]]), "4.5 for text in every preset and scheme; a host page's own tokens are measured in the console."),
    ("1.4.4", "Resize Text", "AA", Held(&[WALK]), "At 320 pixels, which is 400 % of 1280, nothing is cut off."),
    ("1.4.5", "Images of Text", "AA", Nothing, "No pictures."),
    ("1.4.10", "Reflow", "AA", Held(&[WALK, "form_in_a_narrow_grid_or_flex_column_does_not_widen_it"]), "At 320 pixels nothing scrolls sideways."),
    ("1.4.11", "Non-text Contrast", "AA", Held(&[CONTRAST]), "3 for borders of controls and what shows focus, in every preset and scheme."),
    ("1.4.12", "Text Spacing", "AA", Held(&[WALK]), "Spaced out as the criterion has it, nothing is cut off."),
    ("1.4.13", "Content on Hover or Focus", "AA", Nothing, "Nothing appears on hover or focus."),
    ("2.1.1", "Keyboard", "A", Held(&[WALK, "keyboard_alone_sends_a_lead"]), "Each shipped form is sent by keyboard alone."),
    ("2.1.2", "No Keyboard Trap", "A", Held(&[WALK, "form_behind_a_button_is_fetched_when_it_is_wanted_and_keeps_what_was_typed"]), "Tab leaves every control; Escape leaves a dialog."),
    ("2.1.4", "Character Key Shortcuts", "A", Nothing, "No shortcuts."),
    ("2.2.1", "Timing Adjustable", "A", Held(&["reload_and_sending_the_same_again_gives_one_lead_and_the_same_receipt"]), "No time is set for filling in."),
    ("2.2.2", "Pause, Stop, Hide", "A", Nothing, "Nothing moves by itself for longer than the sending takes."),
    ("2.3.1", "Three Flashes or Below Threshold", "A", Nothing, "Nothing flashes."),
    ("2.4.1", "Bypass Blocks", "A", Host, "The form is one region of the page around it."),
    ("2.4.2", "Page Titled", "A", Held(&[AXE[0]]), "Our own pages and our iframe have the form's title."),
    ("2.4.3", "Focus Order", "A", Held(&[WALK, SUMMARY]), "Tab follows the page; problems take focus to their summary, whose links lead to the fields."),
    ("2.4.4", "Link Purpose (In Context)", "A", Held(&[SUMMARY]), "A link of the summary says its field and what is wrong."),
    ("2.4.5", "Multiple Ways", "AA", Host, "A form is a step in a process of its page."),
    ("2.4.6", "Headings and Labels", "AA", Held(&[TREE, WALK]), "Every control has a label, every form a heading; embedders write the words."),
    ("2.4.7", "Focus Visible", "AA", Held(&[WALK]), "Whatever has focus has an outline."),
    ("2.4.11", "Focus Not Obscured (Minimum)", "AA", Held(&[WALK]), "Whatever has focus is wholly on the screen, and nothing of ours lies over it."),
    ("2.5.1", "Pointer Gestures", "A", Nothing, "One press is enough for everything."),
    ("2.5.2", "Pointer Cancellation", "A", Held(&["press_held_down_lands_where_it_began_though_it_leaves_a_field_with_a_problem"]), "A press counts when it is let go, where it began."),
    ("2.5.3", "Label in Name", "A", Held(&[TREE]), "What a control is called is its visible label."),
    ("2.5.4", "Motion Actuation", "A", Nothing, "Nothing listens to motion."),
    ("2.5.7", "Dragging Movements", "AA", Nothing, "Nothing is dragged."),
    ("2.5.8", "Target Size (Minimum)", "AA", Held(&[WALK]), "Controls, or their labels with them, are 24 by 24 pixels at least."),
    ("3.1.1", "Language of Page", "A", Held(&[LANGUAGE, AXE[0]]), "Our own pages say theirs."),
    ("3.1.2", "Language of Parts", "AA", Held(&[LANGUAGE]), "A form says its language and direction, whatever the page around it has."),
    ("3.2.1", "On Focus", "A", Held(&[WALK, "form_takes_no_focus_before_the_visitor_does"]), "Focus changes nothing."),
    ("3.2.2", "On Input", "A", Held(&[WALK, "visitor_goes_through_the_steps_and_back_and_is_asked_what_concerns_them"]), "Answers show and hide questions after themselves, and move nobody."),
    ("3.2.3", "Consistent Navigation", "AA", Host, "A form has no navigation."),
    ("3.2.4", "Consistent Identification", "AA", Held(&[LANGUAGE]), "One file a language has all our words."),
    ("3.2.6", "Consistent Help", "A", Host, "Help stands on the page around the form."),
    ("3.3.1", "Error Identification", "A", Held(&[TREE, SUMMARY, BLUR]), "All problems at once, each in words at its field and in the summary."),
    ("3.3.2", "Labels or Instructions", "A", Held(&[TREE, WALK]), "Labels, hints, and which answers are optional."),
    ("3.3.3", "Error Suggestion", "AA", Held(&[TREE]), "A problem says what would be right."),
    ("3.3.4", "Error Prevention (Legal, Financial, Data)", "AA", Held(&[SUMMARY]), "Answers are checked before they are sent, and can be mended."),
    ("3.3.7", "Redundant Entry", "A", Held(&["draft_outlives_a_reload_but_not_the_lead", "page_gives_what_it_knows_and_the_visitor_gives_the_rest"]), "What was typed stays through steps, problems and a reload."),
    ("3.3.8", "Accessible Authentication (Minimum)", "AA", Nothing, "Nobody signs in, and robots are told by no puzzle."),
    ("4.1.2", "Name, Role, Value", "A", Held(&[TREE, WALK]), "Plain HTML controls, read in the accessibility tree of every form."),
    ("4.1.3", "Status Messages", "AA", Held(&[TREE, WALK]), "Problems are an alert, what becomes of the lead is a polite status."),
];
