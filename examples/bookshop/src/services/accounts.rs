//! Readers, made from the seed.

use std::collections::HashMap;

use prost_types::Timestamp;
use tonic::{Request, Response, Status};

use super::keys;
use crate::proto::accounts::v1::accounts_server::{Accounts, AccountsServer};
use crate::proto::accounts::v1::{
    BatchGetUsersRequest, BatchGetUsersResponse, GetUserRequest, Membership, User,
};
use crate::seed::Dice;

const MAX_KEYS: usize = 200;

/// Readers are u1 to u400. Reviews are signed by them.
pub(super) const READERS: u32 = 400;

const FIRST_NAMES: [&str; 40] = [
    "Aisha",
    "Aleksander",
    "Amara",
    "Anders",
    "Beatriz",
    "Chidi",
    "Chiara",
    "Dmitri",
    "Elif",
    "Emeka",
    "Farah",
    "Felix",
    "Giulia",
    "Hanna",
    "Haruto",
    "Ines",
    "Ivo",
    "Jamal",
    "Jana",
    "Joaquín",
    "Kofi",
    "Leila",
    "Linh",
    "Lucas",
    "Mei",
    "Miriam",
    "Nadia",
    "Niamh",
    "Oskar",
    "Priya",
    "Rafael",
    "Rosa",
    "Samir",
    "Sofia",
    "Tariq",
    "Tomasz",
    "Uma",
    "Viktor",
    "Yusuf",
    "Zofia",
];

const FAMILY_NAMES: [&str; 40] = [
    "Adeyemi",
    "Almeida",
    "Andersen",
    "Bakker",
    "Banerjee",
    "Bergström",
    "Castillo",
    "Chen",
    "Costa",
    "Diallo",
    "Dubois",
    "Eriksen",
    "Ferrari",
    "Fischer",
    "García",
    "Haddad",
    "Horvat",
    "Ivanova",
    "Jensen",
    "Kamara",
    "Kaya",
    "Kowalski",
    "Lindgren",
    "Mensah",
    "Moreau",
    "Murphy",
    "Nakamura",
    "Nguyen",
    "Novák",
    "Okafor",
    "Oliveira",
    "Patel",
    "Petrov",
    "Quinn",
    "Rahman",
    "Rossi",
    "Schmidt",
    "Silva",
    "Tanaka",
    "Weber",
];

const CITIES: [&str; 20] = [
    "Accra",
    "Amsterdam",
    "Bergen",
    "Bologna",
    "Brno",
    "Cork",
    "Dakar",
    "Freiburg",
    "Gdańsk",
    "Ghent",
    "Hanoi",
    "Izmir",
    "Kyoto",
    "Lisbon",
    "Lyon",
    "Mumbai",
    "Porto",
    "Tallinn",
    "Uppsala",
    "Valencia",
];

/// The first account was opened on 2013-01-01.
const OPENING: i64 = 1_356_998_400;

/// All readers.
#[derive(Debug)]
pub(crate) struct Readers(HashMap<String, User>);

impl Readers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(
            (1..=READERS)
                .map(|number| reader(seed, number))
                .map(|user| (user.id.clone(), user))
                .collect(),
        )
    }

    pub(crate) fn server(self) -> AccountsServer<Self> {
        AccountsServer::new(self)
    }
}

#[tonic::async_trait]
impl Accounts for Readers {
    async fn get_user(&self, request: Request<GetUserRequest>) -> Result<Response<User>, Status> {
        let id = request.into_inner().id;
        let user = self
            .0
            .get(&id)
            .ok_or_else(|| Status::not_found(format!("there is no reader `{id}`")))?;
        Ok(Response::new(user.clone()))
    }

    async fn batch_get_users(
        &self,
        request: Request<BatchGetUsersRequest>,
    ) -> Result<Response<BatchGetUsersResponse>, Status> {
        let ids = keys(request.into_inner().ids, MAX_KEYS)?;
        let users = ids.iter().filter_map(|id| self.0.get(id)).cloned().collect();
        Ok(Response::new(BatchGetUsersResponse { users }))
    }
}

fn reader(seed: u64, number: u32) -> User {
    let id = format!("u{number}");
    let mut dice = Dice::new(seed, &format!("reader {id}"));
    let name = format!("{} {}", dice.pick(&FIRST_NAMES), dice.pick(&FAMILY_NAMES));
    User {
        email: format!("{id}@readers.example"),
        city: dice.chance(70).then(|| (*dice.pick(&CITIES)).to_owned()),
        membership: membership(&mut dice).into(),
        create_time: Some(Timestamp {
            seconds: OPENING + i64::from(dice.below(300_000_000)),
            nanos: 0,
        }),
        name,
        id,
    }
}

fn membership(dice: &mut Dice) -> Membership {
    match dice.below(10) {
        0 => Membership::Patron,
        1..=3 => Membership::Friend,
        _ => Membership::Reader,
    }
}
