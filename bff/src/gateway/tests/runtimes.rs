//! Whatever runtime a program has.

use tokio::runtime::Builder as Runtime;

use super::*;

fn calling(service: &Scripted) -> Builder<File> {
    let text = format!("[services.\"*\"]\nendpoints = [\"http://{}\"]", service.address);
    Gateway::from_bytes(graph::contract().encode_to_vec())
        .configured(configuration(&text))
        .listen("127.0.0.1:0")
        .unwrap()
}

/// Asks until the service answers.
async fn echo_at_last(gateway: &Running) {
    let asking = async {
        while gateway.ask("{echo(text:\"hi\")}").await != r#"{"data":{"echo":"hi"}}"# {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, asking).await.expect("the service is not reached");
}

#[test]
fn a_gateway_that_was_built_in_a_runtime_that_has_ended_reaches_its_services_again_and_again() {
    let building = Runtime::new_current_thread().enable_all().build().unwrap();
    let (service, gateway) = building.block_on(async {
        let service = Scripted::start().await;
        let gateway = calling(&service).build().await.unwrap();
        (service, gateway)
    });
    drop(building);
    let serving = Runtime::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    serving.block_on(async {
        let gateway = Running::start(gateway);
        echo_at_last(&gateway).await;
        let address = service.address;
        drop(service);
        let _service = Scripted::start_at(address).await;
        echo_at_last(&gateway).await;
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_of_one_runtime_answer_each_what_it_was_asked() {
    let service = Scripted::start().await;
    let gateway = Running::start(calling(&service).build().await.unwrap());
    echo_at_last(&gateway).await;
    let gateway = Arc::new(gateway);
    let clients = (0..16).map(|client| {
        let gateway = Arc::clone(&gateway);
        tokio::spawn(async move {
            for number in 0..20 {
                let text = format!("{client}-{number}");
                let query = format!("{{echo(text:\"{text}\") b: echo(text:\"b{text}\")}}");
                let expected = format!(r#"{{"data":{{"echo":"{text}","b":"b{text}"}}}}"#);
                assert_eq!(gateway.ask(&query).await, expected);
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
}
