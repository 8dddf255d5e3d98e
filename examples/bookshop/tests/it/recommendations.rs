//! What to read next.

use bookshop::Service;
use bookshop::proto::recommendations::v1::BatchGetRecommendationsRequest;
use bookshop::proto::recommendations::v1::recommendations_client::RecommendationsClient;

use crate::{channel, shop, strings};

#[tokio::test]
async fn recommendations_are_ids_of_other_books() {
    let shop = shop().await;
    let mut client = RecommendationsClient::new(channel(&shop, Service::Recommendations).await);
    let request =
        BatchGetRecommendationsRequest { book_ids: strings(["42", "no", "1001"]), page_size: 6 };
    let answer =
        client.batch_get_recommendations(request).await.unwrap().into_inner().recommendations;
    assert_eq!(answer.len(), 2);
    for recommendation in answer {
        assert_eq!(recommendation.recommended_book_ids.len(), 6);
        assert!(!recommendation.recommended_book_ids.contains(&recommendation.book_id));
    }
}
