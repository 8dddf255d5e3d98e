//! What readers say.

use crate::proto::catalog::v1::Book;
use crate::seed::Dice;

/// What a review is about.
#[derive(Clone, Copy, Debug)]
pub(super) struct About<'library> {
    pub(super) book: &'library Book,
    pub(super) author: &'library str,
}

/// The sentences of readers who feel alike. `{title}`, `{author}`, `{subject}` and `{pages}` are filled in.
struct Mood {
    titles: &'static [&'static str],
    openings: &'static [&'static str],
    middles: &'static [&'static str],
    endings: &'static [&'static str],
}

/// The line above a review.
pub(super) fn title(dice: &mut Dice, stars: i32) -> String {
    (*dice.pick(mood(stars).titles)).to_owned()
}

/// A review of one to six sentences.
pub(super) fn text(dice: &mut Dice, about: &About<'_>, stars: i32) -> String {
    let mood = mood(stars);
    let mut sentences = vec![*dice.pick(mood.openings)];
    for _ in 0..dice.below(5) {
        let middle = *dice.pick(mood.middles);
        if !sentences.contains(&middle) {
            sentences.push(middle);
        }
    }
    if dice.chance(60) {
        sentences.push(*dice.pick(mood.endings));
    }
    let subject =
        if about.book.subjects.is_empty() { "everything" } else { dice.pick(&about.book.subjects) };
    sentences
        .join(" ")
        .replace("{title}", &about.book.title)
        .replace("{author}", about.author)
        .replace("{subject}", subject)
        .replace("{pages}", &about.book.page_count.to_string())
}

fn mood(stars: i32) -> &'static Mood {
    match stars {
        4.. => &GLAD,
        3 => &DIVIDED,
        _ => &CROSS,
    }
}

const GLAD: Mood = Mood {
    titles: &[
        "Worth every page",
        "I missed my stop",
        "Better than at school",
        "My third time, and still new",
        "Read it slowly",
        "For long evenings",
        "A friend for life",
        "Now I see what the noise was about",
    ],
    openings: &[
        "I read {title} in two evenings and was sorry when it ended.",
        "My grandmother gave me this, and now I know why.",
        "I had put {title} off for years. What a mistake.",
        "I came for the story and stayed for the sentences.",
        "Nobody told me that {author} was this funny.",
        "This is my third copy, because I keep giving it away.",
        "We read it aloud, a chapter a night, and nobody wanted to be the one to close it.",
        "I picked it up to read one page in the shop and bought it an hour later.",
        "It has been a month, and I still think about it on the way to work.",
        "One of those books that get better as you get older.",
    ],
    middles: &[
        "What it has to say about {subject} is as true today as it was then.",
        "The first fifty pages ask for patience, and everything after them pays it back.",
        "I underlined so much that I might as well have underlined the rest.",
        "Even the people who appear for half a page seem to go on living when they leave it.",
        "There is a scene in the middle that I read three times before I could go on.",
        "I never felt its {pages} pages.",
        "{author} never explains a joke and never wastes a word.",
        "I had expected {subject} and got the whole of life.",
        "The paper is good, the type is kind to tired eyes.",
        "It made me laugh on a very full bus.",
        "My book club talked about it until they put us out.",
        "I cried, and I do not cry at books.",
    ],
    endings: &[
        "Read it.",
        "I shall read everything by {author} now.",
        "The last page is perfect.",
        "Take it on a long train ride.",
        "I envy everybody who has it still before them.",
        "If you read one book this winter, make it this one.",
        "It goes back on the shelf next to the bed, not in the hall.",
    ],
};

const DIVIDED: Mood = Mood {
    titles: &[
        "Good in parts",
        "Not my book, but a good one",
        "A slow start",
        "Half brilliant",
        "I am glad that I have read it",
        "For patient readers",
    ],
    openings: &[
        "I can see why people love {title}, but I admired it more than I liked it.",
        "The first half is wonderful.",
        "It took me two attempts to get into this one.",
        "A good book that would have been a great one at half the length.",
        "I liked the parts about {subject} and skimmed the rest.",
        "Our book club was divided, and so am I.",
    ],
    middles: &[
        "It is a child of its time, and sometimes that shows.",
        "There are too many people in it, and I kept a list of who was who.",
        "When {author} gets going there is nothing like it, but it takes a while.",
        "The description is lovely, if you are in the mood for description.",
        "I guessed the end by the middle and did not mind much.",
        "At {pages} pages it needs a reader with time.",
        "The notes at the back helped more than I want to admit.",
        "I would have liked to know more about what happens to {subject} in the end.",
    ],
    endings: &[
        "I may try it again in ten years.",
        "Borrow it first.",
        "Three stars, and a fourth for the last chapter if I could.",
        "Still, I shall keep it.",
        "Try a chapter before you buy.",
    ],
};

const CROSS: Mood = Mood {
    titles: &[
        "Not for me",
        "I gave up",
        "What is all the fuss about?",
        "Too long by half",
        "The binding was better than the book",
    ],
    openings: &[
        "I tried, I really did.",
        "I wanted to like {title} more than I did.",
        "I gave up after a hundred pages, picked it up again and gave up again.",
        "Everybody in it would have been spared a great deal by a single honest conversation.",
        "I must be the only person who does not see what is so special about {author}.",
    ],
    middles: &[
        "There is a lot of {subject} in it, and then there is more of it.",
        "I did not care for a single one of these people.",
        "Nothing happens, at great length.",
        "The sentences are so long that I forgot how they had begun.",
        "My copy came with a bent corner, which did not help.",
        "Perhaps it is different when you do not have to read it for an exam.",
    ],
    endings: &[
        "My cat sleeps on it now.",
        "Sorry.",
        "I passed it on to somebody with more patience.",
        "Two evenings of my life.",
        "The cover is nice.",
    ],
};

#[cfg(test)]
mod tests {
    use super::{About, text};
    use crate::proto::catalog::v1::Book;
    use crate::seed::Dice;

    #[test]
    fn no_hole_stays_unfilled() {
        let book = Book { title: "Emma".to_owned(), page_count: 448, ..Book::default() };
        let about = About { book: &book, author: "Jane Austen" };
        let mut dice = Dice::new(1, "holes");
        for stars in (1..=5).cycle().take(500) {
            let text = text(&mut dice, &about, stars);
            assert!(!text.contains(['{', '}']), "{text}");
        }
    }
}
